//! The WIT worlds of contract 0.1 in binary form, as a module carries them.
//!
//! A plugin with several decision points carries several, and the tool that makes the component
//! joins them. The files are written by the test below from the contract's WIT text.

macro_rules! world {
    ($name:ident, $file:literal) => {
        #[doc = concat!("The world of `", $file, "`.")]
        pub const $name: &[u8; include_bytes!($file).len()] = include_bytes!($file);
    };
}

world!(BASE_WORLD, "../worlds/base.bin");
world!(SKILL_MATCH_WORLD, "../worlds/skill-match-plugin.bin");
world!(CONTACT_SELECT_WORLD, "../worlds/contact-select-plugin.bin");
world!(
    ENDPOINT_SELECT_WORLD,
    "../worlds/endpoint-select-plugin.bin"
);
world!(CLASSIFY_WORLD, "../worlds/classify-plugin.bin");
world!(
    RECORDING_POLICY_WORLD,
    "../worlds/recording-policy-plugin.bin"
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, fs, path::PathBuf};

    use wit_component::StringEncoding;
    use wit_parser::Resolve;

    const WORLDS: [(&str, &[u8]); 6] = [
        ("base", BASE_WORLD),
        ("skill-match-plugin", SKILL_MATCH_WORLD),
        ("contact-select-plugin", CONTACT_SELECT_WORLD),
        ("endpoint-select-plugin", ENDPOINT_SELECT_WORLD),
        ("recording-policy-plugin", RECORDING_POLICY_WORLD),
        ("classify-plugin", CLASSIFY_WORLD),
    ];

    #[test]
    fn the_binary_worlds_are_those_of_the_contract() {
        let mut resolve = Resolve::default();
        let package = resolve
            .push_str("plugin.wit", cordboard_contract::v0_1::WIT)
            .unwrap();
        for (name, current) in WORLDS {
            let world = resolve.select_world(&[package], Some(name)).unwrap();
            let bytes =
                wit_component::metadata::encode(&resolve, world, StringEncoding::UTF8, None)
                    .unwrap();
            if env::var_os("UPDATE").is_some() {
                let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                    .join("worlds")
                    .join(name)
                    .with_extension("bin");
                fs::write(file, bytes).unwrap();
            } else {
                assert!(
                    bytes == current,
                    "`{name}` differs: run this test with UPDATE=1"
                );
            }
        }
    }
}
