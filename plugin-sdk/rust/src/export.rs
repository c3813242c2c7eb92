//! The macro that makes a component of a plugin.

/// Makes a plugin of a type: its exports, its manifest and its WIT world.
///
/// ```ignore
/// cordboard_plugin::export! {
///     plugin: SkillLevels,
///     // The traits that it implements.
///     points: [SkillMatch],
///     // An enum made with `reasons!`; leave the line out if there are none.
///     reasons: Reason,
///     // Path of the JSON Schema of the configuration, from this file.
///     config_schema: "../schema.json",
///     // Each instance serves up to this many calls; leave the line out for fresh instances.
///     warm_calls: 1_000,
/// }
/// ```
///
/// Name, version and description are those of the package. The columns are those of the traits'
/// `READS`. Once per crate.
#[macro_export]
macro_rules! export {
    (
        plugin: $plugin:ty,
        points: [$($point:ident),+ $(,)?],
        $(reasons: $reasons:ty,)?
        config_schema: $schema:literal
        $(, warm_calls: $warm_calls:literal)?
        $(,)?
    ) => {
        impl $crate::__private::Described for $plugin {
            const MANIFEST: $crate::__private::Manifest = $crate::__private::Manifest {
                name: ::core::env!("CARGO_PKG_NAME"),
                version: ::core::env!("CARGO_PKG_VERSION"),
                description: ::core::env!("CARGO_PKG_DESCRIPTION"),
                reasons: $crate::__first!(
                    $(<$reasons as $crate::Reasons>::CATALOGUE,)?
                    <$crate::ReasonCode as $crate::Reasons>::CATALOGUE
                ),
                reads: &[$($crate::__reads!($plugin, $point)),+],
                warm_calls: $crate::__first!($($warm_calls,)? 0),
                config_schema: ::core::include_str!($schema),
            };
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const MANIFEST: $crate::__private::Manifest =
                <$plugin as $crate::__private::Described>::MANIFEST;

            #[unsafe(link_section = "cordboard:manifest")]
            static SECTION: [u8; MANIFEST.length()] = MANIFEST.bytes();

            $crate::__world!(BASE_WORLD, "component-type:cordboard:base");

            static PLUGIN: $crate::__private::Configured<$plugin> =
                $crate::__private::Configured::new();

            #[unsafe(export_name = "cabi_realloc")]
            unsafe extern "C" fn reallocate(
                at: *mut u8,
                size: usize,
                align: usize,
                new_size: usize,
            ) -> *mut u8 {
                // SAFETY: the host calls as the canonical ABI says.
                unsafe { $crate::__private::reallocate(at, size, align, new_size) }
            }

            #[unsafe(export_name = "cordboard:plugin/meta@0.1.0#configure")]
            unsafe extern "C" fn configure(config: *mut u8, bytes: usize) -> *const u32 {
                // SAFETY: the host calls as the canonical ABI says.
                unsafe { PLUGIN.configure(config, bytes) }
            }

            $($crate::__point!(PLUGIN, $plugin, $point);)+
        };
    };
}

/// The first of two.
#[doc(hidden)]
#[macro_export]
macro_rules! __first {
    ($first:expr $(, $second:expr)?) => {
        $first
    };
}

/// A decision point with the mask of its columns.
#[doc(hidden)]
#[macro_export]
macro_rules! __reads {
    ($plugin:ty, SkillMatch) => {
        $crate::__private::skill_match_reads::<$plugin>()
    };
    ($plugin:ty, ContactSelect) => {
        $crate::__private::contact_select_reads::<$plugin>()
    };
    ($plugin:ty, EndpointSelect) => {
        $crate::__private::endpoint_select_reads::<$plugin>()
    };
    ($plugin:ty, Classify) => {
        $crate::__private::classify_reads::<$plugin>()
    };
    ($plugin:ty, RecordingPolicy) => {
        $crate::__private::recording_policy_reads::<$plugin>()
    };
}

/// The export and the world of a decision point.
#[doc(hidden)]
#[macro_export]
macro_rules! __point {
    ($configured:ident, $plugin:ty, SkillMatch) => {
        $crate::__world!(SKILL_MATCH_WORLD, "component-type:cordboard:skill-match");
        $crate::__decision!(
            $configured,
            "cordboard:plugin/skill-match@0.1.0#rank",
            $crate::skill_match::decide::<$plugin>
        );
    };
    ($configured:ident, $plugin:ty, ContactSelect) => {
        $crate::__world!(
            CONTACT_SELECT_WORLD,
            "component-type:cordboard:contact-select"
        );
        $crate::__decision!(
            $configured,
            "cordboard:plugin/contact-select@0.1.0#rank",
            $crate::contact_select::decide::<$plugin>
        );
    };
    ($configured:ident, $plugin:ty, EndpointSelect) => {
        $crate::__world!(
            ENDPOINT_SELECT_WORLD,
            "component-type:cordboard:endpoint-select"
        );
        $crate::__decision!(
            $configured,
            "cordboard:plugin/endpoint-select@0.1.0#select",
            $crate::endpoint_select::decide::<$plugin>
        );
    };
    ($configured:ident, $plugin:ty, Classify) => {
        $crate::__world!(CLASSIFY_WORLD, "component-type:cordboard:classify");
        $crate::__decision!(
            $configured,
            "cordboard:plugin/classify@0.1.0#classify",
            $crate::classify::decide::<$plugin>
        );
    };
    ($configured:ident, $plugin:ty, RecordingPolicy) => {
        $crate::__world!(
            RECORDING_POLICY_WORLD,
            "component-type:cordboard:recording-policy"
        );
        $crate::__decision!(
            $configured,
            "cordboard:plugin/recording-policy@0.1.0#decide",
            $crate::recording_policy::decide::<$plugin>
        );
    };
}

/// A WIT world in a custom section, for whatever makes a component of the module.
#[doc(hidden)]
#[macro_export]
macro_rules! __world {
    ($world:ident, $section:literal) => {
        const _: () = {
            #[unsafe(link_section = $section)]
            static SECTION: [u8; $crate::__private::$world.len()] = *$crate::__private::$world;
        };
    };
}

/// An exported function of a decision point.
#[doc(hidden)]
#[macro_export]
macro_rules! __decision {
    ($configured:ident, $name:literal, $decide:expr) => {
        const _: () = {
            #[unsafe(export_name = $name)]
            unsafe extern "C" fn decide(facts: *mut u32, words: usize) -> *const u32 {
                // SAFETY: the host calls as the canonical ABI says.
                unsafe { $configured.decide(facts, words, $decide) }
            }
        };
    };
}
