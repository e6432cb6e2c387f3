//! The tree of pages. Not here: what is on them.

use std::collections::HashSet;

use super::super::ParseError;
use super::super::budget::Budget;
use super::file::File;
use super::object::Object;

/// What a page draws, and what it draws with.
pub(super) struct Page {
    pub(super) contents: Object,
    pub(super) resources: Object,
}

/// A node that is still to be visited, and what it inherits.
struct Node {
    object: Object,
    resources: Object,
    depth: usize,
}

/// All pages, in order.
pub(super) fn collect(file: &mut File<'_>, budget: &mut Budget) -> Result<Vec<Page>, ParseError> {
    let root = file.root(budget)?;
    let root = root.dictionary().ok_or(ParseError::Broken)?;
    let mut open = vec![Node {
        object: root.get("Pages").cloned().ok_or(ParseError::Broken)?,
        resources: Object::Nothing,
        depth: 0,
    }];
    let (mut pages, mut seen) = (Vec::new(), HashSet::new());
    while let Some(node) = open.pop() {
        if let Object::Reference(id) = node.object
            && !seen.insert(id)
        {
            continue;
        }
        visit(node, file, budget, &mut open, &mut pages)?;
        if pages.len() > budget.limits.pages {
            return Err(ParseError::TooLarge);
        }
    }
    Ok(pages)
}

fn visit(
    node: Node,
    file: &mut File<'_>,
    budget: &mut Budget,
    open: &mut Vec<Node>,
    pages: &mut Vec<Page>,
) -> Result<(), ParseError> {
    if node.depth > budget.limits.nesting {
        return Err(ParseError::TooLarge);
    }
    let object = file.resolve(&node.object, budget)?;
    let Some(dictionary) = object.dictionary() else {
        return Ok(());
    };
    let resources = match dictionary.get("Resources") {
        Some(own) => own.clone(),
        None => node.resources,
    };
    let kids = file.entry(dictionary, "Kids", budget)?;
    if let Object::Array(kids) = &kids {
        open.extend(kids.iter().rev().map(|kid| Node {
            object: kid.clone(),
            resources: resources.clone(),
            depth: node.depth + 1,
        }));
    } else {
        let contents = dictionary
            .get("Contents")
            .cloned()
            .unwrap_or(Object::Nothing);
        pages.push(Page {
            contents,
            resources,
        });
    }
    Ok(())
}
