//! Reads a configuration from JSON (RFC 8259) into the author's type.
//!
//! The widely used reader brings 26 KB of code and 26 KB of tables along (measured on the plugin
//! `skill-match`), most of them for printing floating-point numbers, and the tables lie in the
//! memory that is reset after every decision. A configuration needs far less, once; and its author
//! needs a place for every mistake, which this reader gives as a JSON Pointer.

use std::fmt::{self, Display};

use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

/// How deep arrays and objects may lie in each other.
const DEPTH_MAX: u32 = 64;

/// Reads a value that is the whole of a text.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    let mut reader = Reader {
        text,
        rest: text,
        depth: 0,
    };
    let value = T::deserialize(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.mistake(format_args!("the text goes on after its value"))),
    }
}

/// What is wrong, and where.
#[derive(Debug)]
pub(crate) struct JsonError(Box<Mistake>);

#[derive(Debug)]
struct Mistake {
    /// The steps to the place, the innermost first: they are added on the way out.
    steps: Vec<String>,
    message: String,
}

impl JsonError {
    #[cold]
    #[inline(never)]
    fn new(message: String) -> Self {
        Self(Box::new(Mistake {
            steps: Vec::new(),
            message,
        }))
    }

    /// The place as a JSON Pointer (RFC 6901).
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for step in self.0.steps.iter().rev() {
            path.push('/');
            path.push_str(&step.replace('~', "~0").replace('/', "~1"));
        }
        path
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    #[cold]
    #[inline(never)]
    fn below(mut self, step: String) -> Self {
        self.0.steps.push(step);
        self
    }
}

impl de::Error for JsonError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    // The provided method prints numbers exactly, with all that this needs.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
            Unexpected::Float(_) => "a number with a fraction",
            Unexpected::Str(_) => "a string",
            Unexpected::Unit => "null",
            Unexpected::Seq => "an array",
            Unexpected::Map => "an object",
            _ => "something else",
        };
        Self::custom(format_args!("found {found}, expected {expected}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match found {
            Unexpected::Unsigned(number) => {
                Self::custom(format_args!("found `{number}`, expected {expected}"))
            }
            Unexpected::Signed(number) => {
                Self::custom(format_args!("found `{number}`, expected {expected}"))
            }
            Unexpected::Str(text) => {
                Self::custom(format_args!("found `{text}`, expected {expected}"))
            }
            other => Self::invalid_type(other, expected),
        }
    }
}

impl Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path(), self.message())
    }
}

impl std::error::Error for JsonError {}

struct Reader<'de> {
    text: &'de str,
    rest: &'de str,
    depth: u32,
}

impl<'de> Reader<'de> {
    /// The next byte that is no white space.
    #[inline(never)]
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.bytes().next()
    }

    /// Takes `token` if it comes next.
    #[inline(never)]
    fn take(&mut self, token: &str) -> bool {
        self.peek();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    #[inline(never)]
    fn expect(&mut self, token: &str) -> Result<(), JsonError> {
        if self.take(token) {
            return Ok(());
        }
        Err(self.mistake(format_args!("`{token}` is missing")))
    }

    #[cold]
    #[inline(never)]
    fn mistake(&self, message: fmt::Arguments<'_>) -> JsonError {
        let at = self.text.len() - self.rest.len();
        JsonError::new(format!("not JSON at byte {at}: {message}"))
    }

    fn descend(&mut self) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.mistake(format_args!("more than {DEPTH_MAX} levels deep")));
        }
        Ok(())
    }

    /// Reads a string, its opening quote included. It is borrowed where it has no escapes.
    fn string(&mut self) -> Result<Text<'de>, JsonError> {
        self.expect("\"")?;
        let mut unescaped: Option<String> = None;
        loop {
            let stop = self
                .rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .ok_or_else(|| self.mistake(format_args!("the string has no end")))?;
            let (plain, rest) = self.rest.split_at(stop);
            self.rest = rest;
            if self.rest.starts_with('"') {
                self.expect("\"")?;
                return Ok(match unescaped {
                    None => Text::Borrowed(plain),
                    Some(text) => Text::Owned(text + plain),
                });
            }
            let text = unescaped.get_or_insert_default();
            text.push_str(plain);
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let mut letters = self.rest.chars();
        if letters.next() != Some('\\') {
            return Err(self.mistake(format_args!(
                "a control character in a string: write it as an escape"
            )));
        }
        let escaped = match letters.next() {
            Some(plain @ ('"' | '\\' | '/')) => plain,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode_escape(),
            _ => return Err(self.mistake(format_args!("unknown escape"))),
        };
        self.rest = letters.as_str();
        Ok(escaped)
    }

    /// `\u` with four digits, or two of these that are a surrogate pair.
    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let high = self.code_unit()?;
        let units = match high {
            0xd800..=0xdbff => [high, self.code_unit()?],
            _ => [high, 0],
        };
        let mut letters = char::decode_utf16(units);
        match letters.next() {
            Some(Ok(letter)) => Ok(letter),
            _ => Err(self.mistake(format_args!("half of a surrogate pair"))),
        }
    }

    fn code_unit(&mut self) -> Result<u16, JsonError> {
        let digits = self.rest.strip_prefix("\\u").and_then(|rest| rest.get(..4));
        let unit = digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.mistake(format_args!("`\\u` takes four hexadecimal digits")))?;
        self.rest = self.rest.get(6..).unwrap_or_default();
        Ok(unit)
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let end = self
            .rest
            .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        match Number::read(text) {
            Some(number) => {
                self.rest = rest;
                Ok(number)
            }
            None => Err(self.mistake(format_args!(
                "`{text}` is no number, or has more than 15 digits or an exponent beyond 22"
            ))),
        }
    }
}

/// A string of the text.
enum Text<'de> {
    Borrowed(&'de str),
    Owned(String),
}

impl Text<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// A number of the text.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Number {
    Whole(u64),
    Negative(i64),
    Fraction(f64),
}

impl Number {
    /// Reads what RFC 8259 calls a number. One with a fraction or an exponent is read exactly or not
    /// at all: at most 15 digits, times or divided by at most 10²², both of which `f64` holds.
    fn read(text: &str) -> Option<Self> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = text.split_at(digits);
        if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        if rest.is_empty() {
            return if is_negative {
                let value: i64 = whole.parse().ok()?;
                Some(Self::Negative(-value))
            } else {
                whole.parse().ok().map(Self::Whole)
            };
        }
        let (fraction, exponent) = match rest.split_once(['e', 'E']) {
            None => (rest, 0),
            Some((fraction, exponent)) => {
                let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
                if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                    return None;
                }
                (fraction, exponent.parse::<i32>().ok()?)
            }
        };
        let fraction = match fraction.strip_prefix('.') {
            Some("") => return None,
            Some(digits) => digits,
            None if fraction.is_empty() => "",
            None => return None,
        };
        let mut digits = 0_u64;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
            digits = digits.checked_mul(10)?.checked_add(u64::from(digit))?;
        }
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        if digits >= 1_000_000_000_000_000 || exponent.unsigned_abs() > 22 {
            return None;
        }
        // Exact: below 2^53.
        let digits = digits as f64;
        let mut power = 1.0;
        for _ in 0..exponent.unsigned_abs() {
            power *= 10.0;
        }
        let value = if exponent < 0 {
            digits / power
        } else {
            digits * power
        };
        Some(Self::Fraction(if is_negative { -value } else { value }))
    }

    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self {
            Self::Whole(value) => visitor.visit_u64(value),
            Self::Negative(value) => visitor.visit_i64(value),
            Self::Fraction(value) => visitor.visit_f64(value),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.peek() {
            Some(b'{') => {
                self.descend()?;
                self.expect("{")?;
                let mut members = Members {
                    reader: self,
                    is_first: true,
                    key: None,
                };
                let value = visitor.visit_map(&mut members)?;
                members.end()?;
                self.depth -= 1;
                Ok(value)
            }
            Some(b'[') => {
                self.descend()?;
                self.expect("[")?;
                let mut items = Items {
                    reader: self,
                    next: 0,
                };
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                self.depth -= 1;
                Ok(value)
            }
            Some(b'"') => match self.string()? {
                Text::Borrowed(text) => visitor.visit_borrowed_str(text),
                Text::Owned(text) => visitor.visit_string(text),
            },
            Some(b'-' | b'0'..=b'9') => self.number()?.visit(visitor),
            Some(b't') if self.take("true") => visitor.visit_bool(true),
            Some(b'f') if self.take("false") => visitor.visit_bool(false),
            Some(b'n') if self.take("null") => visitor.visit_unit(),
            Some(_) => Err(self.mistake(format_args!("a value is missing"))),
            None => Err(self.mistake(format_args!("the text ends too soon"))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.take("null") {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        match self.peek() {
            Some(b'{') => {
                self.descend()?;
                self.expect("{")?;
                let key = self.string()?;
                self.expect(":")?;
                let variant = Variant { reader: self, key };
                let name = variant.key.as_str().to_owned();
                let value = visitor
                    .visit_enum(variant)
                    .map_err(|error| error.below(name))?;
                self.expect("}")?;
                self.depth -= 1;
                Ok(value)
            }
            Some(b'"') => match self.string()? {
                Text::Borrowed(text) => visitor.visit_enum(text.into_deserializer()),
                Text::Owned(text) => visitor.visit_enum(text.into_deserializer()),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The members of an object.
struct Members<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
    /// Of the member whose value comes next, for the place of a mistake.
    key: Option<Text<'de>>,
}

impl Members<'_, '_> {
    /// For visitors that stop before the last member.
    fn end(&mut self) -> Result<(), JsonError> {
        self.reader.expect("}")
    }
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, JsonError> {
        if self.reader.peek() == Some(b'}') {
            return Ok(None);
        }
        if !self.is_first {
            self.reader.expect(",")?;
        }
        self.is_first = false;
        let key = self.reader.string()?;
        self.reader.expect(":")?;
        let value = seed.deserialize(Key(match &key {
            Text::Borrowed(text) => Text::Borrowed(text),
            Text::Owned(text) => Text::Owned(text.clone()),
        }))?;
        self.key = Some(key);
        Ok(Some(value))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        seed.deserialize(&mut *self.reader)
            .map_err(|error| match &self.key {
                Some(key) => error.below(key.as_str().to_owned()),
                None => error,
            })
    }
}

/// The items of an array.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    next: usize,
}

impl Items<'_, '_> {
    /// For visitors that stop before the last item.
    fn end(&mut self) -> Result<(), JsonError> {
        self.reader.expect("]")
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, JsonError> {
        if self.reader.peek() == Some(b']') {
            return Ok(None);
        }
        if self.next > 0 {
            self.reader.expect(",")?;
        }
        let item = seed.deserialize(&mut *self.reader);
        let item = item.map_err(|error| error.below(self.next.to_string()))?;
        self.next += 1;
        Ok(Some(item))
    }
}

/// The key of a member. Numbers are keys as their decimal digits.
struct Key<'de>(Text<'de>);

macro_rules! whole_number_keys {
    ($($method:ident => $visit:ident,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            match self.0.as_str().parse() {
                Ok(number) => visitor.$visit(number),
                Err(_) => self.deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0 {
            Text::Borrowed(text) => visitor.visit_borrowed_str(text),
            Text::Owned(text) => visitor.visit_string(text),
        }
    }

    whole_number_keys! {
        deserialize_u8 => visit_u8,
        deserialize_u16 => visit_u16,
        deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64,
        deserialize_i8 => visit_i8,
        deserialize_i16 => visit_i16,
        deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        match self.0 {
            Text::Borrowed(text) => {
                BorrowedStrDeserializer::new(text).deserialize_enum(name, variants, visitor)
            }
            Text::Owned(text) => {
                StringDeserializer::new(text).deserialize_enum(name, variants, visitor)
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// An object with one member, whose key is the variant.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    key: Text<'de>,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a, 'de> {
    type Error = JsonError;
    type Variant = Content<'a, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), JsonError> {
        let variant = seed.deserialize(Key(self.key))?;
        Ok((variant, Content(self.reader)))
    }
}

/// What a variant holds.
struct Content<'a, 'de>(&'a mut Reader<'de>);

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        de::Deserialize::deserialize(self.0)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.0.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests;
