//! Declares documents so that the Chinese label stands beside the field it names.

/// A legal document: `form! { /// what it is  Name = "D02", "标题", "title", Item; "标签" field: Type, … }`. With
/// `Item or field` the document's own field says under which item it belongs.
macro_rules! form {
    (
        $(#[$meta:meta])*
        $name:ident = $code:literal, $zh:literal, $en:literal, $item:ident $(or $own_item:ident)?;
        $($fields:tt)*
    ) => {
        $crate::form::part! {
            #[doc = concat!($zh, " (", $code, ").")]
            #[doc = ""]
            $(#[$meta])*
            $name;
            $($fields)*
        }

        impl $crate::form::Form for $name {
            const CODE: &'static str = $code;
            const TITLE_ZH: &'static str = $zh;
            const TITLE_EN: &'static str = $en;
            const ARCHIVE_ITEM: $crate::archive_item::ArchiveItem = $crate::archive_item::ArchiveItem::$item;
            $(
                fn archive_item(&self) -> $crate::archive_item::ArchiveItem {
                    self.$own_item
                }
            )?
        }
    };
}

/// A group of fields inside a document. `Debug` shows its name only: documents hold personal data.
macro_rules! part {
    (
        $(#[$meta:meta])*
        $name:ident;
        $($(#[$field_meta:meta])* $label:literal $field:ident: $type:ty,)+
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(
                #[doc = concat!($label, ".")]
                $(#[$field_meta])*
                pub $field: $type,
            )+
        }

        impl $crate::form::Labelled for $name {
            const LABELS: &'static [$crate::form::Label] = &[$(
                $crate::form::Label {
                    key: stringify!($field),
                    zh: $label,
                    inner: <$type as $crate::form::Labelled>::LABELS,
                },
            )+];
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

/// A closed list of values: `choice! { /// what  Name; "CODE" "中文" Variant, … }`.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $name:ident;
        $($code:literal $label:literal $variant:ident,)+
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                #[doc = concat!($label, ".")]
                #[serde(rename = $code)]
                $variant,
            )+
        }

        impl $name {
            /// As in the canonical bytes.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// As people read it.
            pub fn zh(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }

        impl $crate::form::Labelled for $name {
            const LABELS: &'static [$crate::form::Label] = &[$(
                $crate::form::Label { key: $code, zh: $label, inner: &[] },
            )+];
        }
    };
}

pub(crate) use {choice, form, part};
