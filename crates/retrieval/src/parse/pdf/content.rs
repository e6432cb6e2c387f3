//! Content streams: the operators that show and move text, and forms that are drawn within (ISO
//! 32000-1, 9.4). Not here: what strings mean, where lines break.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::ParseError;
use super::super::budget::Budget;
use super::file::File;
use super::font::Font;
use super::layout::Layout;
use super::matrix::Matrix;
use super::object::{Item, Object, Parser, Stream};
use super::pages::Page;

/// Operands that an operator can have at most; more are none.
const OPERANDS: usize = 64;

pub(super) struct Painter<'a, 'b> {
    file: File<'a>,
    budget: &'b mut Budget,
    layout: Layout,
    fonts: HashMap<u32, Rc<Font>>,
}

/// What `q` keeps and `Q` brings back.
#[derive(Clone)]
struct State {
    page: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    leading: f64,
    between_characters: f64,
    between_words: f64,
    stretch: f64,
}

/// A stream that is being run.
struct Run {
    resources: Object,
    state: State,
    kept: Vec<State>,
    line: Matrix,
    text: Matrix,
    depth: usize,
}

impl<'a, 'b> Painter<'a, 'b> {
    pub(super) fn new(file: File<'a>, budget: &'b mut Budget) -> Self {
        Self {
            file,
            budget,
            layout: Layout::default(),
            fonts: HashMap::new(),
        }
    }

    pub(super) fn into_text(self) -> String {
        self.layout.text
    }

    /// Ends a page, and gives where the next one begins in the text.
    pub(super) fn begin_page(&mut self) -> usize {
        self.layout.begin_page()
    }

    /// Writes the text of a page.
    pub(super) fn page(&mut self, page: &Page) -> Result<(), ParseError> {
        let contents = self.file.resolve(&page.contents, self.budget)?;
        let parts = match &contents {
            Object::Array(parts) => parts.to_vec(),
            _ => vec![contents],
        };
        let mut bytes = Vec::new();
        for part in parts {
            if let Object::Stream(stream) = self.file.resolve(&part, self.budget)? {
                bytes.extend(self.file.stream(&stream, self.budget)?.unwrap_or_default());
                bytes.push(b'\n');
            }
        }
        let resources = self.file.resolve(&page.resources, self.budget)?;
        self.run(&bytes, resources, Matrix::IDENTITY, 0)
    }

    fn run(
        &mut self,
        bytes: &[u8],
        resources: Object,
        page: Matrix,
        depth: usize,
    ) -> Result<(), ParseError> {
        let mut run = Run::new(resources, page, depth);
        let limits = self.budget.limits;
        let mut parser = Parser::new(bytes, 0, limits.objects, limits.nesting);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(item) = parser.item()? {
            // Each operand is bounded, and they don't add up.
            parser.values = 0;
            match item {
                Item::Value(value) if operands.len() < OPERANDS => operands.push(value),
                Item::Value(_) => {}
                Item::Operator(b"ID") => skip_image(&mut parser),
                Item::Operator(operator) => {
                    self.operator(&mut run, operator, &operands)?;
                    self.budget.text(&self.layout.text)?;
                    operands.clear();
                }
            }
        }
        Ok(())
    }

    fn operator(
        &mut self,
        run: &mut Run,
        operator: &[u8],
        operands: &[Object],
    ) -> Result<(), ParseError> {
        let number = |at: usize| operands.get(at).and_then(Object::number).unwrap_or(0.0);
        match operator {
            b"Tj" => self.show_all(run, operands.first()),
            b"TJ" => self.show_spaced(run, operands.first()),
            b"'" => {
                run.next_line();
                self.show_all(run, operands.first());
            }
            b"\"" => {
                (run.state.between_words, run.state.between_characters) = (number(0), number(1));
                run.next_line();
                self.show_all(run, operands.get(2));
            }
            b"Tf" => {
                run.state.size = number(1);
                run.state.font = match operands.first().and_then(Object::name) {
                    Some(name) => self.font(run, name)?,
                    None => None,
                };
            }
            b"Do" => {
                if let Some(name) = operands.first().and_then(Object::name) {
                    self.form(run, name)?;
                }
            }
            _ => run.moves(operator, number),
        }
        Ok(())
    }

    fn show_all(&mut self, run: &mut Run, text: Option<&Object>) {
        if let Some(Object::Text(text)) = text {
            self.show(run, text);
        }
    }

    fn show_spaced(&mut self, run: &mut Run, items: Option<&Object>) {
        for item in items.map(Object::array).unwrap_or_default() {
            match item {
                Object::Text(text) => self.show(run, text),
                Object::Number(back) => run.advance(-back / 1000.0 * run.state.size),
                _ => {}
            }
        }
    }

    fn show(&mut self, run: &mut Run, mut codes: &[u8]) {
        let Some(font) = run.state.font.clone() else {
            return;
        };
        let place = run.text.then(run.state.page);
        let [_, _, c, d, _, _] = place.0;
        self.layout.go(place, (run.state.size * c.hypot(d)).abs());
        while !codes.is_empty() {
            let (glyph, length) = font.glyph(codes);
            codes = &codes[length..];
            self.layout.write(&glyph.text);
            let between = if glyph.is_space {
                run.state.between_words
            } else {
                0.0
            };
            let width = glyph.width / 1000.0 * run.state.size;
            run.advance(width + run.state.between_characters + between);
        }
        self.layout.arrive(run.text.then(run.state.page));
    }

    /// The resource of this kind and name, and its number where it has one.
    fn resource(
        &mut self,
        run: &Run,
        kind: &str,
        name: &str,
    ) -> Result<(Option<u32>, Object), ParseError> {
        let Some(resources) = run.resources.dictionary() else {
            return Ok((None, Object::Nothing));
        };
        let all = self.file.entry(resources, kind, self.budget)?;
        let entry = all.dictionary().and_then(|all| all.get(name)).cloned();
        let entry = entry.unwrap_or(Object::Nothing);
        let id = match entry {
            Object::Reference(id) => Some(id),
            _ => None,
        };
        Ok((id, self.file.resolve(&entry, self.budget)?))
    }

    fn font(&mut self, run: &Run, name: &str) -> Result<Option<Rc<Font>>, ParseError> {
        let (id, object) = self.resource(run, "Font", name)?;
        if let Some(font) = id.and_then(|id| self.fonts.get(&id)) {
            return Ok(Some(Rc::clone(font)));
        }
        let Some(dictionary) = object.dictionary() else {
            return Ok(None);
        };
        // A font that has no number is read anew each time, which costs.
        self.budget.objects(256)?;
        let font = Rc::new(Font::load(dictionary, &mut self.file, self.budget)?);
        if let Some(id) = id {
            self.fonts.insert(id, Rc::clone(&font));
        }
        Ok(Some(font))
    }

    /// Draws a form (8.10). A form that draws itself ends at the limits.
    fn form(&mut self, run: &Run, name: &str) -> Result<(), ParseError> {
        let (_, object) = self.resource(run, "XObject", name)?;
        let Object::Stream(form) = object else {
            return Ok(());
        };
        let subtype = self.file.entry(&form.dictionary, "Subtype", self.budget)?;
        if subtype.name() != Some("Form") || run.depth >= self.budget.limits.nesting / 4 {
            return Ok(());
        }
        // Every drawing costs, also one that draws nothing.
        self.budget.reread(4096)?;
        let Some(bytes) = self.file.stream(&form, self.budget)? else {
            return Ok(());
        };
        let resources = match self
            .file
            .entry(&form.dictionary, "Resources", self.budget)?
        {
            Object::Nothing => run.resources.clone(),
            own => own,
        };
        let matrix = self.form_matrix(&form)?;
        self.run(
            &bytes,
            resources,
            matrix.then(run.state.page),
            run.depth + 1,
        )
    }

    fn form_matrix(&mut self, form: &Stream) -> Result<Matrix, ParseError> {
        let matrix = self.file.entry(&form.dictionary, "Matrix", self.budget)?;
        let numbers: Vec<f64> = matrix.array().iter().filter_map(Object::number).collect();
        Ok(<[f64; 6]>::try_from(numbers).map_or(Matrix::IDENTITY, Matrix))
    }
}

impl Run {
    fn new(resources: Object, page: Matrix, depth: usize) -> Self {
        let state = State {
            page,
            font: None,
            size: 0.0,
            leading: 0.0,
            between_characters: 0.0,
            between_words: 0.0,
            stretch: 1.0,
        };
        Self {
            resources,
            state,
            kept: Vec::new(),
            line: Matrix::IDENTITY,
            text: Matrix::IDENTITY,
            depth,
        }
    }

    /// The operators that show nothing.
    fn moves(&mut self, operator: &[u8], number: impl Fn(usize) -> f64) {
        let matrix = || Matrix([0, 1, 2, 3, 4, 5].map(&number));
        match operator {
            b"BT" => (self.line, self.text) = (Matrix::IDENTITY, Matrix::IDENTITY),
            b"Tm" => self.begin_line(matrix()),
            b"Td" => self.begin_line(self.line.moved(number(0), number(1))),
            b"TD" => {
                self.state.leading = -number(1);
                self.begin_line(self.line.moved(number(0), number(1)));
            }
            b"T*" => self.next_line(),
            b"TL" => self.state.leading = number(0),
            b"Tc" => self.state.between_characters = number(0),
            b"Tw" => self.state.between_words = number(0),
            b"Tz" => self.state.stretch = number(0) / 100.0,
            b"cm" => self.state.page = matrix().then(self.state.page),
            b"q" if self.kept.len() < 1024 => self.kept.push(self.state.clone()),
            b"Q" => self.state = self.kept.pop().unwrap_or_else(|| self.state.clone()),
            _ => {}
        }
    }

    fn begin_line(&mut self, place: Matrix) {
        (self.line, self.text) = (place, place);
    }

    fn next_line(&mut self) {
        self.begin_line(self.line.moved(0.0, -self.state.leading));
    }

    fn advance(&mut self, width: f64) {
        self.text = self.text.moved(width * self.state.stretch, 0.0);
    }
}

/// Goes behind an image that stands in the stream itself.
fn skip_image(parser: &mut Parser<'_>) {
    let rest = parser
        .lexer
        .bytes
        .get(parser.lexer.at..)
        .unwrap_or_default();
    let mut ends = memchr::memmem::find_iter(rest, b"EI");
    let is_word = |at: &usize| {
        let around = [at.checked_sub(1), Some(at + 2)];
        let mut bytes = around.into_iter().flatten().filter_map(|at| rest.get(at));
        bytes.all(|byte| super::lexer::is_space(*byte))
    };
    let end = ends.find(is_word).map_or(rest.len(), |at| at + 2);
    parser.lexer.at += end;
}
