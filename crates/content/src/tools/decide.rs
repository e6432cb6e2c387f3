//! Whether a turn calls tools, and which: the choice that the request makes, then what the prompt
//! asks for. Not here: arguments.

use std::ops::Range;

use fakeai_canon::{ApiError, ErrorKind, Generate, Mode, Tool, ToolChoice};
use fakeai_contract::UserSchema;
use serde_json::Map;

use super::call::Call;
use super::clause::clauses;
use super::drawing;
use super::finish;
use super::follow;
use super::hosted::Hosted;
use super::literal;
use super::matching::{Profile, Words, profiles};
use super::program;
use super::rules::RULES;
use super::skill;
use crate::Config;
use crate::cited;
use crate::facts::scan;
use crate::reading::Reading;
use crate::slots::{assign, candidates, slots_of};

/// What a turn does after thinking.
pub(crate) enum Move {
    /// It says something.
    Answer,
    /// It calls.
    Call {
        /// The calls, in order.
        calls: Vec<Call>,
        /// Whether the request named the tool.
        is_named: bool,
    },
    /// Hosted tools run one after the other, then it says something.
    Hosted(Vec<Hosted>),
}

impl Move {
    /// Whether it runs this hosted tool.
    pub(crate) fn runs(&self, tool: Hosted) -> bool {
        match self {
            Move::Hosted(all) => all.contains(&tool),
            Move::Answer | Move::Call { .. } => false,
        }
    }
}

/// The tools of a request, their schemas compiled.
pub(crate) struct Toolbox<'a> {
    work: &'a Generate,
    schemas: Vec<Option<UserSchema>>,
}

impl<'a> Toolbox<'a> {
    /// Reads the tools of a request.
    ///
    /// # Errors
    /// In realistic mode, a schema that the provider refuses.
    pub(crate) fn compile(work: &'a Generate, config: &Config) -> Result<Self, ApiError> {
        let compile = |(index, tool)| schema(index, tool, config.mode);
        let schemas = work
            .tools
            .iter()
            .enumerate()
            .map(compile)
            .collect::<Result<_, _>>()?;
        Ok(Self { work, schemas })
    }

    /// A tool by its place in the request.
    pub(super) fn tool(&self, index: usize) -> &Tool {
        &self.work.tools[index]
    }

    /// A function's schema; none where it can't be read, as it may be in mock mode.
    pub(super) fn schema(&self, index: usize) -> Option<&UserSchema> {
        self.schemas[index].as_ref()
    }

    /// What the turn does.
    ///
    /// # Errors
    /// A hosted tool that is forced and that nothing runs.
    pub(crate) fn decide(&self, reading: &Reading<'_>) -> Result<Move, ApiError> {
        let is_open = reading.results.is_empty();
        let none = Vec::new();
        match &self.work.tool_choice {
            _ if self.work.tools.is_empty() => Ok(Move::Answer),
            ToolChoice::None => Ok(Move::Answer),
            ToolChoice::Auto => Ok(self.freely(reading, &none, is_open)),
            ToolChoice::Required => self.forced(reading, &none, false),
            ToolChoice::Named(name) => self.forced(reading, std::slice::from_ref(name), true),
            ToolChoice::Allowed {
                names,
                required: true,
            } => self.forced(reading, names, false),
            ToolChoice::Allowed {
                names,
                required: false,
            } => Ok(self.freely(reading, names, is_open)),
        }
    }

    /// Calls what the prompt asks for; after results only what a turn of single calls left over.
    fn freely(&self, reading: &Reading<'_>, names: &[String], is_open: bool) -> Move {
        let wanted = self.wanted(reading, names).into_iter();
        let asked = &reading.asked;
        let is_lone = self.work.tools.len() == 1;
        let calls = wanted.filter(|(call, points)| {
            *points >= RULES.points.threshold
                || (*points >= RULES.points.supplied && self.is_supplied(call, asked))
                || (is_lone && follow::is_for(asked, self.tool(call.tool)))
        });
        let made = if is_open { 0 } else { reading.calls.len() };
        if !is_open && self.work.parallel_calls {
            return Move::Answer;
        }
        let mut calls: Vec<_> = calls.map(|(call, _)| call).skip(made).collect();
        if is_open {
            self.repeat(&mut calls, reading, names);
        }
        let hosted = if is_open {
            self.hosted(names, asked)
        } else {
            Vec::new()
        };
        let otherwise = match hosted.is_empty() {
            true => Move::Answer,
            false => Move::Hosted(hosted),
        };
        self.limited(calls, false).unwrap_or(otherwise)
    }

    /// The hosted tools that help with what is asked, as many as may run: a search of the web that
    /// it asks for, a program for what it calculates, the documents that there are, a picture.
    fn hosted(&self, names: &[String], asked: &str) -> Vec<Hosted> {
        let most = self.work.limits.hosted_calls.unwrap_or(u32::MAX);
        let asks = !asked.trim().is_empty();
        let helps = |hosted: &Hosted| match hosted {
            Hosted::WebSearch => self.browses(names, asked),
            Hosted::CodeInterpreter => {
                allows(names, "code_interpreter") && program::helps(self.work, asked)
            }
            Hosted::FileSearch => {
                asks && allows(names, "file_search") && cited::settings(self.work).is_some()
            }
            Hosted::ImageGeneration => {
                allows(names, drawing::TOOL) && drawing::helps(self.work, asked)
            }
            Hosted::Shell => allows(names, skill::TOOL) && self.reads_skills(),
        };
        let all = Hosted::ALL.into_iter().filter(helps);
        all.take(most as usize).collect()
    }

    /// The tool of a wire type, where there is something for it to run.
    fn runnable(&self, kind: &str) -> Option<Hosted> {
        Hosted::of(kind).filter(|hosted| *hosted != Hosted::Shell || self.reads_skills())
    }

    fn reads_skills(&self) -> bool {
        skill::read(self.work).next().is_some()
    }

    /// Whether a search of the web is there, and asked for.
    fn browses(&self, names: &[String], asked: &str) -> bool {
        let offered = self.work.tools.iter().map(Tool::name);
        let mut offered = offered.filter(|name| name.starts_with("web_search"));
        let asked = asked.to_lowercase();
        offered.any(|name| allows(names, name))
            && RULES
                .searching
                .phrases
                .iter()
                .any(|words| asked.contains(words))
    }

    /// Where the prompt goes on with the call of the turn before, it is that call that is made,
    /// with the new values that the prompt names.
    fn repeat(&self, calls: &mut Vec<Call>, reading: &Reading<'_>, names: &[String]) {
        let asked = &reading.asked;
        let Some(past) = reading.before.filter(|_| follow::goes_on(asked)) else {
            return;
        };
        let is_same = |index: &usize| {
            self.work.tools[*index].name() == past.name && self.is_callable(*index, names)
        };
        let index = (0..self.work.tools.len()).find(is_same);
        let arguments: Option<Map<_, _>> = serde_json::from_str(&past.arguments).ok();
        let (Some(index), Some(arguments)) = (index, arguments) else {
            return;
        };
        if calls.is_empty() && !candidates(asked, 0.0).is_empty() {
            let split = self.split(index, 0..asked.len(), 0.0, asked);
            calls.extend(split.into_iter().map(|(call, _)| call));
        }
        for call in calls.iter_mut().filter(|call| call.tool == index) {
            call.repeats = Some(arguments.clone());
        }
    }

    fn forced(
        &self,
        reading: &Reading<'_>,
        names: &[String],
        is_named: bool,
    ) -> Result<Move, ApiError> {
        if let Some(call) = finish::call(&self.work.tools, names, self, reading) {
            let calls = vec![call];
            return Ok(Move::Call { calls, is_named });
        }
        let calls: Vec<_> = self
            .wanted(reading, names)
            .into_iter()
            .map(|(call, _)| call)
            .collect();
        if let Some(calls) = self.limited(calls, is_named) {
            return Ok(calls);
        }
        let hosted = self
            .work
            .tools
            .iter()
            .filter(|tool| allows(names, tool.name()));
        let kinds = hosted.filter_map(|tool| match tool {
            Tool::Hosted { kind, .. } => Some(kind),
            Tool::Function { .. } | Tool::Custom { .. } => None,
        });
        let kinds: Vec<_> = kinds.collect();
        match (
            kinds.iter().find_map(|kind| self.runnable(kind)),
            kinds.first(),
        ) {
            (Some(hosted), _) => Ok(Move::Hosted(vec![hosted])),
            (None, Some(kind)) => Err(unserved(kind)),
            (None, None) => Ok(Move::Answer),
        }
    }

    fn limited(&self, mut calls: Vec<Call>, is_named: bool) -> Option<Move> {
        calls.truncate(if self.work.parallel_calls {
            RULES.points.most_calls
        } else {
            1
        });
        (!calls.is_empty()).then_some(Move::Call { calls, is_named })
    }

    /// The calls that the prompt asks for, with their points. At least one where there is any
    /// tool to call.
    fn wanted(&self, reading: &Reading<'_>, names: &[String]) -> Vec<(Call, f64)> {
        let asked: &str = &reading.asked;
        let profiles = profiles(&self.work.tools);
        let callable: Vec<_> = (0..profiles.len())
            .filter(|index| self.is_callable(*index, names))
            .collect();
        let mut spelt = Vec::new();
        for index in &callable {
            for arguments in literal::calls(asked, self.work.tools[*index].name()) {
                let call = Call {
                    literal: Some(arguments),
                    ..self.call(*index, 0..asked.len())
                };
                spelt.push((call, f64::INFINITY));
            }
        }
        if !spelt.is_empty() {
            return spelt;
        }
        let parts = parts(asked, &profiles, &callable);
        parts
            .into_iter()
            .flat_map(|(index, span, points)| self.split(index, span, points, asked))
            .collect()
    }

    /// Whether the prompt names all that a call must have, and anything at all.
    fn is_supplied(&self, call: &Call, asked: &str) -> bool {
        let Tool::Function {
            parameters: Some(parameters),
            ..
        } = self.tool(call.tool)
        else {
            return false;
        };
        let slots = slots_of(&parameters.0);
        let assigned = assign(&slots, &candidates(&asked[call.span.clone()], 0.0));
        let mut required = slots
            .iter()
            .zip(&assigned)
            .filter(|(slot, _)| slot.is_required)
            .peekable();
        required.peek().is_some() && required.all(|(_, values)| !values.is_empty())
    }

    fn is_callable(&self, index: usize, names: &[String]) -> bool {
        let tool = &self.work.tools[index];
        !matches!(tool, Tool::Hosted { .. }) && allows(names, tool.name())
    }

    /// A call whose arguments are known.
    pub(super) fn spelt(&self, index: usize, arguments: Vec<literal::Argument>) -> Call {
        Call {
            literal: Some(arguments),
            ..self.call(index, 0..0)
        }
    }

    fn call(&self, index: usize, span: Range<usize>) -> Call {
        Call {
            tool: index,
            span,
            excluded: Vec::new(),
            literal: None,
            repeats: None,
        }
    }

    /// One call, or several where a list of values stands where the tool takes one.
    fn split(
        &self,
        index: usize,
        span: Range<usize>,
        points: f64,
        asked: &str,
    ) -> Vec<(Call, f64)> {
        let whole = self.call(index, span.clone());
        let Tool::Function {
            parameters: Some(parameters),
            ..
        } = self.tool(index)
        else {
            return vec![(whole, points)];
        };
        let slots = slots_of(&parameters.0);
        let found = candidates(&asked[span.clone()], 0.0);
        let assigned = assign(&slots, &found);
        let taken: Vec<usize> = assigned.iter().flatten().copied().collect();
        let split = slots
            .iter()
            .zip(&assigned)
            .filter(|(slot, _)| !slot.is_list)
            .find_map(|(_, values)| {
                let list = found[*values.first()?].list?;
                let members: Vec<_> = (0..found.len())
                    .filter(|at| found[*at].list == Some(list))
                    .collect();
                let is_lone = members.iter().filter(|at| taken.contains(at)).count() == 1;
                is_lone.then_some(members)
            });
        let Some(members) = split else {
            return vec![(whole, points)];
        };
        let place = |at: &usize| {
            let range = &found[*at].fact.at;
            range.start + span.start..range.end + span.start
        };
        let one = |member: &usize| {
            let others = members.iter().filter(|at| *at != member).map(place);
            Call {
                excluded: others.collect(),
                ..self.call(index, span.clone())
            }
        };
        members.iter().map(|member| (one(member), points)).collect()
    }
}

/// The parts of a prompt with the tool that each wants, in order. A part that wants none belongs
/// to the one before it.
fn parts(asked: &str, profiles: &[Profile], callable: &[usize]) -> Vec<(usize, Range<usize>, f64)> {
    let best = |text: &str| {
        let words = Words::of(text);
        let points = callable
            .iter()
            .map(|index| (*index, profiles[*index].points(&words)));
        // Of equal ones the first.
        points.reduce(|best, other| if other.1 > best.1 { other } else { best })
    };
    let Some((whole, points)) = best(asked) else {
        return Vec::new();
    };
    let mut parts: Vec<(usize, Range<usize>, f64)> = Vec::new();
    for clause in clauses(asked) {
        let own = best(&asked[clause.clone()]);
        let own = own.filter(|(_, points)| *points >= RULES.points.threshold);
        match (own, parts.last_mut()) {
            (Some((index, _)), Some(last))
                if index == last.0
                    && !are_twins(&asked[last.1.clone()], &asked[clause.clone()]) =>
            {
                last.1.end = clause.end;
            }
            (Some((index, points)), _) => parts.push((index, clause, points)),
            (None, Some(last)) => last.1.end = clause.end,
            (None, None) => {}
        }
    }
    if let Some(first) = parts.first_mut() {
        first.1.start = 0;
    }
    if parts.len() < 2 {
        return vec![(whole, 0..asked.len(), points)];
    }
    parts
}

/// Whether two parts name values of the same kinds, so that each wants a call of its own.
fn are_twins(one: &str, other: &str) -> bool {
    let kinds = |text| scan(text).iter().map(|fact| fact.kind).collect::<Vec<_>>();
    let own = kinds(other);
    !own.is_empty() && own == kinds(one)
}

/// Whether a choice of tools leaves this one in; one that names none leaves all.
fn allows(names: &[String], tool: &str) -> bool {
    names.is_empty() || names.iter().any(|name| name == tool)
}

fn schema(index: usize, tool: &Tool, mode: Mode) -> Result<Option<UserSchema>, ApiError> {
    let Tool::Function {
        name,
        parameters: Some(parameters),
        strict,
        ..
    } = tool
    else {
        return Ok(None);
    };
    let is_strict = *strict && mode == Mode::Realistic;
    match (UserSchema::parameters(&parameters.0, is_strict), mode) {
        (Ok(schema), _) => Ok(Some(schema)),
        (Err(_), Mode::Mock) => Ok(None),
        (Err(error), Mode::Realistic) => Err(ApiError::invalid(error.function(name))
            .code(error.code().unwrap_or("invalid_function_parameters"))
            .param(format!("tools[{index}].function.parameters"))),
    }
}

fn unserved(kind: &str) -> ApiError {
    let message = format!("The hosted tool '{kind}' can't be forced here: nothing runs it yet.");
    ApiError::new(ErrorKind::NotImplemented, message).param("tool_choice")
}
