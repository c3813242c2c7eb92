//! Enumerations that the service may extend at any time and spells with varying case.

/// Defines an enumeration whose values are compared without regard to ASCII case and which keeps a value it does not
/// know in `Other`.
///
/// Every generated type converts from text, gives its canonical wire spelling with `as_str`, and serialises to that
/// spelling. Two values are equal when their spellings are equal without regard to case.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )+
            /// A value that this version does not know, as it was spelled.
            Other(String),
        }

        impl $name {
            /// The values that this version knows, in the order of the specification.
            $vis const KNOWN: &'static [$name] = &[$( $name::$variant, )+];

            /// The spelling used on the wire.
            #[must_use]
            $vis fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $( if text.eq_ignore_ascii_case($text) { return Self::$variant; } )+
                Self::Other(text.to_owned())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str().eq_ignore_ascii_case(other.as_str())
            }
        }

        impl Eq for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Ok(Self::from(text.as_ref()))
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    open_enum! {
        /// A test subject.
        enum Light {
            /// On.
            On = "switchedOn",
            /// Off.
            Off = "switchedOff",
        }
    }

    #[test]
    fn values_compare_without_case_and_keep_the_canonical_spelling() {
        let light: Light = serde_json::from_str("\"SWITCHEDON\"").unwrap();
        assert!(matches!(light, Light::On));
        assert_eq!(serde_json::to_string(&light).unwrap(), "\"switchedOn\"");
        assert_eq!(Light::KNOWN.len(), 2);
    }

    #[test]
    fn an_unknown_value_is_kept_as_spelled() {
        let light: Light = serde_json::from_str("\"Dimmed\"").unwrap();
        assert_eq!(light, Light::Other("dimmed".to_owned()));
        assert_eq!(serde_json::to_string(&light).unwrap(), "\"Dimmed\"");
        assert_ne!(light, Light::Off);
    }

    #[test]
    fn a_value_with_escapes_is_read() {
        let light: Light = serde_json::from_str("\"switched\\u004ff\\u0066\"").unwrap();
        assert!(matches!(light, Light::Off));
    }
}
