//! The rows of the families, read once from `data/families`. What a family does beyond its row is
//! in its file under `families`.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use fakeai_canon::ApiError;
use serde::Deserialize;
use serde_json::{Map, Value};

/// All rows.
pub(crate) fn families() -> &'static Families {
    static FAMILIES: LazyLock<Families> = LazyLock::new(|| {
        const OURS: &str = "the families' rows are part of this program";
        let rows = ROWS.iter().flat_map(|text| {
            let rows: Rows = toml::from_str(text).expect(OURS);
            rows.family
        });
        let items = toml::from_str(ITEMS).expect(OURS);
        Families::index(rows.collect(), items)
    });
    &FAMILIES
}

/// A file of rows for each group of families.
const ROWS: &[&str] = &[
    include_str!("../../../data/families/openai/assistants.toml"),
    include_str!("../../../data/families/openai/batches.toml"),
    include_str!("../../../data/families/openai/chat.toml"),
    include_str!("../../../data/families/openai/chatkit.toml"),
    include_str!("../../../data/families/openai/containers.toml"),
    include_str!("../../../data/families/openai/conversations.toml"),
    include_str!("../../../data/families/openai/evals.toml"),
    include_str!("../../../data/families/openai/files.toml"),
    include_str!("../../../data/families/openai/fine_tuning.toml"),
    include_str!("../../../data/families/openai/organization.toml"),
    include_str!("../../../data/families/openai/provenance.toml"),
    include_str!("../../../data/families/openai/realtime.toml"),
    include_str!("../../../data/families/openai/responses.toml"),
    include_str!("../../../data/families/openai/skills.toml"),
    include_str!("../../../data/families/openai/vector_stores.toml"),
    include_str!("../../../data/families/openai/videos.toml"),
    include_str!("../../../data/families/openai/voices.toml"),
];

const ITEMS: &str = include_str!("../../../data/families/openai/items.toml");

/// The rows, found by operation and by name.
pub(crate) struct Families {
    families: Vec<Family>,
    operations: HashMap<String, (usize, Verb)>,
    pub(crate) items: Items,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    family: Vec<Family>,
}

impl Families {
    fn index(families: Vec<Family>, items: Items) -> Self {
        let mut operations = HashMap::new();
        for (place, family) in families.iter().enumerate() {
            for (operation, verb) in &family.operations {
                operations.insert(operation.clone(), (place, *verb));
            }
        }
        Self {
            families,
            operations,
            items,
        }
    }

    /// What an operation does, and to which family.
    pub(crate) fn operation(&self, id: &str) -> Option<(&Family, Verb)> {
        let (place, verb) = self.operations.get(id)?;
        Some((&self.families[*place], *verb))
    }

    /// The family of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.name == name)
    }

    /// The family that a family's objects belong to.
    pub(crate) fn parent_of(&self, family: &Family) -> Option<&Family> {
        self.get(family.parent.as_deref()?)
    }
}

/// The families whose objects stay however old they are.
pub fn lasting() -> impl Iterator<Item = &'static str> {
    let families = families().families.iter();
    families
        .filter(|family| family.lasting)
        .map(|family| family.name.as_str())
}

/// Whether a family's objects stay however old they are.
pub fn is_lasting(family: &str) -> bool {
    families().get(family).is_some_and(|family| family.lasting)
}

/// What an operation does to a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verb {
    Create,
    CreateSeveral,
    List,
    Retrieve,
    Update,
    Delete,
    /// What the family's own file does for this operation.
    Act,
}

/// Oldest or newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Order {
    /// Oldest first.
    #[serde(rename = "asc")]
    Ascending,
    /// Newest first.
    #[serde(rename = "desc")]
    Descending,
}

/// One family.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    /// Its name: the collection's, with its parents'.
    pub(crate) name: String,
    /// The family that its objects belong to.
    #[serde(default)]
    pub(crate) parent: Option<String>,
    /// The path parameter that holds an object's id.
    pub(crate) path: String,
    /// The `object` of a created object, by which the contract knows the shape of its id.
    #[serde(default)]
    pub(crate) object: Option<String>,
    /// The order of a list that asks for none.
    pub(crate) order: Order,
    /// How many objects a page has, and what it says besides.
    #[serde(default)]
    pub(crate) page: PageRow,
    /// The property that holds the time of creation.
    #[serde(default)]
    pub(crate) created: Option<String>,
    /// Properties that a created object takes from the body.
    #[serde(default)]
    pub(crate) keep: Vec<String>,
    /// What these are where the body leaves them out or says null.
    #[serde(default)]
    pub(crate) defaults: Map<String, Value>,
    /// Properties that an update may set.
    #[serde(default)]
    pub(crate) change: Vec<String>,
    /// The body's array from which several objects are created at once.
    #[serde(default)]
    pub(crate) several: Option<String>,
    /// Where an object holds items of a conversation, as a JSON pointer; itself where empty.
    #[serde(default)]
    pub(crate) items: Option<String>,
    /// Query parameters that select, and the place in the object that they speak of.
    #[serde(default)]
    pub(crate) filters: BTreeMap<String, Vec<String>>,
    /// The sentence for an unknown id.
    missing: String,
    /// The `object` of the answer to a delete.
    #[serde(default)]
    pub(crate) deleted: Option<String>,
    /// Whether the family's objects stay however old they are.
    #[serde(default)]
    pub(crate) lasting: bool,
    /// Whether a delete answers with the parent instead.
    #[serde(default)]
    pub(crate) answers_with_parent: bool,
    operations: BTreeMap<String, Verb>,
    #[serde(default)]
    wording: BTreeMap<String, String>,
}

impl Family {
    /// The error for an unknown id (404).
    pub(crate) fn missing(&self, id: &str) -> ApiError {
        ApiError::not_found(self.missing.replace("{id}", id))
    }

    /// A sentence of the family's own; its name where the row has none.
    pub(crate) fn wording<'a>(&'a self, name: &'a str) -> &'a str {
        self.wording.get(name).map_or(name, String::as_str)
    }
}

/// How a family's lists are cut and written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PageRow {
    /// Objects of a page that asks for no number.
    pub(crate) limit: i64,
    /// The fewest objects that a page may be asked for.
    pub(crate) least: i64,
    /// Objects of a page at most.
    pub(crate) most: i64,
    /// What a page says of its ends.
    pub(crate) ends: Ends,
    /// The `object` of a page.
    pub(crate) object: String,
    /// The property by which a page names its ends.
    pub(crate) cursor: String,
}

impl Default for PageRow {
    /// The bounds of `limit` that the published contract's prose has for most lists.
    fn default() -> Self {
        Self {
            limit: 20,
            least: 1,
            most: 100,
            ends: Ends::Texts,
            object: "list".to_owned(),
            cursor: "id".to_owned(),
        }
    }
}

/// How a page tells where it begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ends {
    /// `first_id` and `last_id`; empty texts where the page is empty.
    Texts,
    /// `first_id` and `last_id`; null where the page is empty.
    Nulls,
    /// Not at all: `has_more` alone.
    None,
    /// `next`: the cursor of the following page, null after the last.
    Next,
}

/// Facts about the items of responses and conversations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Items {
    /// By the item's `type`.
    pub(crate) types: BTreeMap<String, ItemType>,
    /// Defaults of content parts, by the part's `type`.
    pub(crate) content: BTreeMap<String, Map<String, Value>>,
    /// What an answer leaves out unless it is asked for.
    pub(crate) include: Vec<Include>,
}

/// One type of item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemType {
    /// How an id begins, where the contract's shapes have none for the type.
    #[serde(default)]
    pub(crate) prefix: Option<String>,
    /// What the stored form has where the sent form has nothing or null.
    #[serde(default)]
    pub(crate) defaults: Map<String, Value>,
    /// What the stored form has as null where the sent form has nothing, as paths; `*` is each
    /// element of an array.
    #[serde(default)]
    pub(crate) nulls: Vec<Vec<String>>,
    /// What the sent form may have and the stored form has not, as paths.
    #[serde(default)]
    pub(crate) dropped: Vec<Vec<String>>,
}

/// A property that is left out unless `include` has its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Include {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Property names; `*` is each element of an array.
    pub(crate) path: Vec<String>,
    pub(crate) hidden: Hidden,
}

/// How a property is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hidden {
    Absent,
    Null,
    Empty,
}
