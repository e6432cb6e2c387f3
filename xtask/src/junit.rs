//! The report that pytest leaves (JUnit's XML): which tests were run and what came of each.

use std::path::Path;

use anyhow::{Context, Result, bail};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// What came of a test.
pub(crate) enum End {
    Passed,
    Skipped,
    /// With the first words of why.
    Failed(String),
}

/// A test of the report.
pub(crate) struct Case {
    /// As `folder.test_file.TestClass.test_function[variant]`.
    pub(crate) name: String,
    pub(crate) end: End,
}

/// All tests of a report.
pub(crate) struct Report(pub(crate) Vec<Case>);

impl Report {
    /// # Errors
    /// There is no report, it is none, or no test was run.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the suite left no report at {}", path.display()))?;
        let mut cases: Vec<Case> = Vec::new();
        let mut reader = Reader::from_str(&text);
        loop {
            let (Event::Start(tag) | Event::Empty(tag)) = (match reader.read_event()? {
                Event::Eof => break,
                event => event,
            }) else {
                continue;
            };
            match (tag.name().as_ref(), cases.last_mut()) {
                ("testcase", _) => cases.push(Case {
                    name: format!("{}.{}", said(&tag, "classname")?, said(&tag, "name")?),
                    end: End::Passed,
                }),
                ("failure" | "error", Some(case)) => {
                    case.end = End::Failed(said(&tag, "message")?);
                }
                ("skipped", Some(case)) => case.end = End::Skipped,
                (_, _) => {}
            }
        }
        let report = Self(cases);
        if report.count(|end| !matches!(end, End::Skipped)) == 0 {
            bail!("the suite ran no test");
        }
        Ok(report)
    }

    pub(crate) fn passed(&self) -> usize {
        self.count(|end| matches!(end, End::Passed))
    }

    fn count(&self, of: impl Fn(&End) -> bool) -> usize {
        self.0.iter().filter(|case| of(&case.end)).count()
    }

    /// The counts in words.
    pub(crate) fn summary(&self) -> String {
        format!(
            "{} passed, {} failed, {} skipped",
            self.passed(),
            self.count(|end| matches!(end, End::Failed(_))),
            self.count(|end| matches!(end, End::Skipped)),
        )
    }
}

fn said(tag: &BytesStart<'_>, name: &str) -> Result<String> {
    let attribute = tag.try_get_attribute(name)?;
    let attribute = attribute.with_context(|| format!("a report without {name}"))?;
    Ok(attribute
        .normalized_value(XmlVersion::default())?
        .into_owned())
}
