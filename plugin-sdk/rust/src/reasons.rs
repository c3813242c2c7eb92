//! Reason codes: why a row was ranked, rejected or a recording paused, in numbers that decision
//! records keep and texts that the manifest has.

use crate::ids::ReasonCode;

/// A plugin's catalogue of reasons; [`reasons!`](crate::reasons) makes one.
pub trait Reasons: Into<ReasonCode> {
    /// The codes, 1 to 1,023, with their texts.
    const CATALOGUE: &'static [(u16, &'static str)];
}

/// Declares an enum of reasons with their codes and texts.
///
/// ```
/// cordboard_plugin::reasons! {
///     /// Why an agent stands where it stands.
///     pub enum Reason {
///         /// Nothing is amiss.
///         Meets = 1 => "has everything that was asked for",
///         /// A wish stays open.
///         MissesWish = 2 => "lacks a skill that was wished for",
///     }
/// }
/// ```
#[macro_export]
macro_rules! reasons {
    (
        $(#[$docs:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$reason_docs:meta])* $reason:ident = $code:literal => $text:literal),+ $(,)?
        }
    ) => {
        $(#[$docs])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        $visibility enum $name {
            $($(#[$reason_docs])* $reason = $code,)+
        }

        impl ::core::convert::From<$name> for $crate::ReasonCode {
            fn from(reason: $name) -> Self {
                Self(reason as u16)
            }
        }

        impl $crate::Reasons for $name {
            const CATALOGUE: &'static [(u16, &'static str)] = &[$(($code, $text)),+];
        }
    };
}

/// For plugins that give no reasons.
impl Reasons for ReasonCode {
    const CATALOGUE: &'static [(u16, &'static str)] = &[];
}
