//! How a section is declared: a struct whose fields are settings.

/// Declares a section: a struct of plain values, its defaults, and the table of its settings.
///
/// A setting is `key: Type = default`, then if wanted `from low to high` for numbers and
/// `also ["other_name"]`; its doc comment is its description everywhere.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $section:ident: $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $kind:ty = $default:expr
                    $(, from $low:literal to $high:literal)?
                    $(, also [$($also:literal),+])?;
            )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $key: $kind,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl $name {
            pub(super) const SECTION: $crate::config::Section = $crate::config::Section {
                name: stringify!($section),
                about: &[$($about),+],
                settings: &[$($crate::config::Setting {
                    section: stringify!($section),
                    key: stringify!($key),
                    also: &[$($($also),+)?],
                    about: &[$($doc),+],
                    shape: <$kind as $crate::config::Value>::SHAPE,
                    bounds: section!(@bounds $($low $high)?),
                    accepts: <$kind as $crate::config::Value>::accepts,
                    set: |config, raw, bounds| {
                        let value = <$kind as $crate::config::Value>::read(raw);
                        match value.filter(|value| $crate::config::Value::within(value, bounds)) {
                            Some(value) => {
                                config.$section.$key = value;
                                true
                            }
                            None => false,
                        }
                    },
                    show: |config| $crate::config::Value::show(&config.$section.$key),
                }),*],
            };
        }
    };
    (@bounds) => { None };
    (@bounds $low:literal $high:literal) => { Some(($low as f64, $high as f64)) };
}
