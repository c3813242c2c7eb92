//! Signatures and packages.

use crate::workbench::{Workbench, complaint, plugin, told};
use cordboard_plugin_host::Digest;
use serde_json::{Value, json};
use std::path::Path;

fn bench(name: &str) -> Workbench {
    let bench = Workbench::new(name);
    let (component, _) = plugin("endpoint-select");
    std::fs::copy(component, bench.path("a.wasm")).unwrap();
    bench
}

/// Signed with minisign's format by its author's library: `signed.wasm`, its signature, and the public key.
fn signed(bench: &Workbench) {
    for file in ["signed.wasm", "signed.wasm.minisig", "isv.pub"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugin/signed");
        std::fs::copy(from.join(file), bench.path(file)).unwrap();
    }
}

#[test]
fn what_is_signed_is_verified_and_nothing_else_is() {
    let bench = Workbench::new("verify");
    signed(&bench);
    let verify = |key: &str| {
        let arguments = ["plugin", "verify", "signed.wasm", "--public-key", key];
        bench.cordboard("", &arguments)
    };
    let expected = "signed.wasm: signed: my-router 1.0.0\n";
    assert_eq!(told(&verify("isv.pub")), expected);
    let key = std::fs::read_to_string(bench.path("isv.pub")).unwrap();
    let key = key.lines().last().unwrap();
    assert_eq!(told(&verify(key)), expected);

    let other = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    let error = complaint(&verify(other));
    let refused = "error: `signed.wasm` does not have this signature of this key: ";
    assert!(error.starts_with(refused), "{error}");
    let error = complaint(&verify("missing.pub"));
    assert!(
        error.starts_with("error: `missing.pub` is neither a file with a minisign public key nor"),
        "{error}"
    );

    let signature = std::fs::read_to_string(bench.path("signed.wasm.minisig")).unwrap();
    let forged = signature.replace("my-router 1.0.0", "my-router 1.0.1");
    std::fs::write(bench.path("signed.wasm.minisig"), forged).unwrap();
    assert!(complaint(&verify("isv.pub")).starts_with(refused));
    std::fs::write(bench.path("signed.wasm.minisig"), signature).unwrap();

    std::fs::write(bench.path("signed.wasm"), "another component\n").unwrap();
    assert!(complaint(&verify("isv.pub")).starts_with(refused));
    std::fs::remove_file(bench.path("signed.wasm.minisig")).unwrap();
    let error = complaint(&verify("isv.pub"));
    assert!(
        error.starts_with("error: cannot read the signature `signed.wasm.minisig`: "),
        "{error}"
    );
}

/// What signing keys are made and used with in these tests.
fn with_password(bench: &Workbench, password: &str, arguments: &[&str]) -> std::process::Output {
    let variable = format!("CORDBOARD_SIGNING_PASSWORD={password}");
    let mut all = vec![variable.as_str(), "cordboard", "plugin"];
    all.extend(arguments);
    bench.run("env", "", &all)
}

#[test]
fn what_a_key_signs_is_verified_by_its_other_half() {
    let bench = bench("sign");
    let said = told(&with_password(&bench, "open sesame", &["key", "isv"]));
    let public = std::fs::read_to_string(bench.path("isv.pub")).unwrap();
    let line = public.lines().last().unwrap();
    assert_eq!(said, format!("public key: {line}\n"));
    let secret = std::fs::read_to_string(bench.path("isv")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(bench.path("isv")).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    let sign = ["sign", "a.wasm", "--key", "isv", "--comment", "router 1.0"];
    let refused = complaint(&with_password(&bench, "open barley", &sign));
    assert!(refused.contains("Wrong password"), "{refused}");
    assert!(!bench.path("a.wasm.minisig").exists());
    assert!(!refused.contains("open barley") && !refused.contains(secret.lines().last().unwrap()));
    let said = told(&with_password(&bench, "open sesame", &sign));
    assert_eq!(said, "a.wasm.minisig\n");
    let verify = |key: &str| {
        let arguments = ["plugin", "verify", "a.wasm", "--public-key", key];
        bench.cordboard("", &arguments)
    };
    assert_eq!(told(&verify("isv.pub")), "a.wasm: signed: router 1.0\n");

    let mut changed = std::fs::read(bench.path("a.wasm")).unwrap();
    changed.push(0);
    std::fs::write(bench.path("a.wasm"), changed).unwrap();
    let error = complaint(&verify("isv.pub"));
    assert!(error.contains("does not have this signature"), "{error}");
}

#[test]
fn keys_are_not_overwritten_and_one_without_a_password_signs_as_well() {
    let bench = bench("key");
    let key = ["plugin", "key", "isv", "--no-password"];
    told(&bench.cordboard("", &key));
    let before = std::fs::read(bench.path("isv")).unwrap();
    let error = complaint(&bench.cordboard("", &key));
    assert!(error.contains("`isv` is there already"), "{error}");
    assert_eq!(std::fs::read(bench.path("isv")).unwrap(), before);
    told(&bench.cordboard("", &["plugin", "sign", "a.wasm", "--key", "isv"]));
    let verify = ["plugin", "verify", "a.wasm", "--public-key", "isv.pub"];
    let said = told(&bench.cordboard("", &verify));
    assert!(said.starts_with("a.wasm: signed: timestamp:"), "{said}");

    // Another's key, the wrong half, and a comment that is none.
    told(&bench.cordboard("", &["plugin", "key", "other", "--no-password"]));
    let verify = ["plugin", "verify", "a.wasm", "--public-key", "other.pub"];
    complaint(&bench.cordboard("", &verify));
    let half = ["plugin", "sign", "a.wasm", "--key", "isv.pub"];
    let error = complaint(&with_password(&bench, "", &half[1..]));
    assert!(error.contains("`isv.pub` gives no secret key"), "{error}");
    let lines = [
        "plugin",
        "sign",
        "a.wasm",
        "--key",
        "isv",
        "--comment",
        "a\nb",
    ];
    assert!(complaint(&bench.cordboard("", &lines)).contains("one line"));
}

#[test]
fn a_package_is_an_oci_layout_whose_digests_are_those_of_its_blobs() {
    let bench = bench("pack");
    let said = told(&bench.cordboard("", &["plugin", "pack", "a.wasm"]));
    let read = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(bench.path("a.oci").join(name)).unwrap()).unwrap()
    };
    let blob = |descriptor: &Value| -> Vec<u8> {
        let digest = descriptor["digest"]
            .as_str()
            .unwrap()
            .strip_prefix("sha256:")
            .unwrap();
        let bytes = std::fs::read(bench.path("a.oci/blobs/sha256").join(digest)).unwrap();
        assert_eq!(Digest::of(&bytes).to_string(), digest);
        assert_eq!(descriptor["size"], bytes.len());
        bytes
    };
    assert_eq!(read("oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }));
    let index = read("index.json");
    let image = &index["manifests"][0];
    assert_eq!(
        said,
        format!("a.oci: {}\n", image["digest"].as_str().unwrap())
    );
    let manifest: Value = serde_json::from_slice(&blob(image)).unwrap();
    assert_eq!(
        manifest["config"]["mediaType"],
        "application/vnd.wasm.config.v0+json"
    );
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(
        blob(&manifest["layers"][0]),
        std::fs::read(bench.path("a.wasm")).unwrap()
    );
    let config: Value = serde_json::from_slice(&blob(&manifest["config"])).unwrap();
    assert_eq!(config["os"], "wasip2");
    assert_eq!(
        config["layerDigests"],
        json!([manifest["layers"][0]["digest"]])
    );
    let exports = config["component"]["exports"].as_array().unwrap();
    assert!(
        exports.contains(&json!("cordboard:plugin/endpoint-select@0.1.0")),
        "{exports:?}"
    );

    // The same component makes the same package.
    let again = told(&bench.cordboard("", &["plugin", "pack", "a.wasm", "--out", "again"]));
    assert_eq!(again, said.replace("a.oci", "again"));
    let error = complaint(&bench.cordboard("", &["plugin", "pack", "a.wasm"]));
    assert!(
        error.starts_with("error: `a.oci` exists already"),
        "{error}"
    );
}
