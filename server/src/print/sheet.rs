//! A printed sheet: A4 upright, black on white, the head and the page number on every page, nothing to click
//! (DOMAIN §2.6). Written as PDF/A-2a: tagged, every glyph mapped to its text, every font embedded.

use std::num::NonZeroU16;

use krilla::Document;
use krilla::SerializeSettings;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree,
};

use casework::time::Instant;
use wire::office::Language;

use super::line::{Line, wrap};
use super::{Fact, Unprinted};
use crate::catalogue::Words;
use crate::fault::Bug;

/// What is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Of the sheet's own words.
    pub language: Language,
    /// When it is printed; the document's date.
    pub at: Instant,
    /// Printed large on the first page, and the document's title.
    pub title: String,
    /// Above every page: office and procedure.
    pub head: String,
    /// Below it, above every page: applicant, receipt number, date and time.
    pub head_facts: Vec<Fact>,
    /// 再印刷 with its date, in the head of every page; `None` on the first print.
    pub mark: Option<String>,
    /// The content.
    pub sections: Vec<Section>,
    /// What the reader should know, below the content.
    pub notes: Vec<String>,
}

/// Facts under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// A table of two columns.
    pub facts: Vec<Fact>,
}

impl Sheet {
    /// The sheet as a PDF. The same sheet gives the same octets.
    pub fn pdf(&self) -> Result<Vec<u8>, Unprinted> {
        let layout = Layout::of(self)?;
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_A)
            .finish()
            .map_err(|error| Bug(format!("PDF/A-2a: {error:?}")))?;
        let mut document = Document::new_with(SerializeSettings {
            configuration,
            ..SerializeSettings::default()
        });
        document.set_metadata(
            Metadata::new()
                .title(self.title.clone())
                .language(self.language.tag().to_owned())
                .creation_date(date_time(self.at)),
        );
        let tags = layout.draw(&mut document)?;
        document.set_tag_tree(tags);
        document
            .finish()
            .map_err(|error| Bug(format!("the PDF: {error:?}")).into())
    }
}

/// Everything with its place, before anything is drawn: the last page's number is known only then.
struct Layout {
    pages: Vec<Page>,
    outline: Vec<Block>,
    leaves: usize,
}

/// Lines and rules on a page.
#[derive(Default)]
struct Page {
    placed: Vec<Placed>,
    rules: Vec<Rule>,
    numbering: Vec<Placed>,
}

struct Placed {
    line: Line,
    x: f32,
    /// Of the baseline.
    y: f32,
    size: f32,
    /// To which leaf of the outline it belongs; the heads of the pages belong to none.
    leaf: Option<usize>,
}

struct Rule {
    y: f32,
    thickness: f32,
}

/// The outline of the document, as a screen reader walks it. The numbers are leaves.
enum Block {
    Heading(u16, String, usize),
    Table(Vec<(usize, usize)>),
    Paragraph(usize),
}

/// Where the next line goes.
struct Pen<'a> {
    sheet: &'a Sheet,
    layout: Layout,
    y: f32,
}

impl Layout {
    fn of(sheet: &Sheet) -> Result<Self, Unprinted> {
        let mut pen = Pen {
            sheet,
            layout: Self {
                pages: Vec::new(),
                outline: Vec::new(),
                leaves: 0,
            },
            y: 0.0,
        };
        pen.turn_page()?;
        pen.heading(1, &sheet.title, TITLE)?;
        for section in &sheet.sections {
            pen.space(10.0);
            pen.heading(2, &section.heading, HEADING)?;
            pen.table(&section.facts)?;
        }
        pen.space(10.0);
        for note in &sheet.notes {
            let leaf = pen.leaf();
            pen.lines(wrap(note, WIDTH / TEXT)?, LEFT, TEXT, leaf)?;
            pen.layout.outline.push(Block::Paragraph(leaf));
            pen.space(3.0);
        }
        let mut layout = pen.layout;
        layout.number(sheet.language)?;
        Ok(layout)
    }

    /// 「1 / 2 ページ」 below every page.
    fn number(&mut self, language: Language) -> Result<(), Unprinted> {
        let pages = self.pages.len().to_string();
        for (page, number) in self.pages.iter_mut().zip(1_usize..) {
            let text = Words::of(language).say_with("print-sheet", &[("page", &number.to_string()), ("pages", &pages)]);
            page.numbering = wrap(&text, WIDTH / SMALL)?
                .into_iter()
                .map(|line| Placed {
                    x: LEFT + (WIDTH - line.width * SMALL) / 2.0,
                    line,
                    y: HEIGHT - BOTTOM + 26.0,
                    size: SMALL,
                    leaf: None,
                })
                .collect();
        }
        Ok(())
    }

    fn draw(self, document: &mut Document) -> Result<TagTree, Unprinted> {
        let settings = PageSettings::from_wh(PAPER_WIDTH, HEIGHT).ok_or_else(|| Bug("the size of A4".into()))?;
        let mut leaves: Vec<Vec<Identifier>> = vec![Vec::new(); self.leaves];
        for page in self.pages {
            let mut drawn = document.start_page_with(settings.clone());
            let mut surface = drawn.surface();
            surface.set_fill(Some(Fill::default()));
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            for rule in &page.rules {
                rule.draw(&mut surface);
            }
            surface.end_tagged();
            for placed in page.placed {
                let content = match placed.leaf {
                    Some(_) => ContentTag::Span(SpanTag::empty()),
                    None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Header)),
                };
                let identifier = surface.start_tagged(content);
                placed.draw(&mut surface);
                surface.end_tagged();
                if let Some(leaf) = placed.leaf.and_then(|leaf| leaves.get_mut(leaf)) {
                    leaf.push(identifier);
                }
            }
            for placed in page.numbering {
                surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
                placed.draw(&mut surface);
                surface.end_tagged();
            }
            surface.finish();
            drawn.finish();
        }
        Ok(tree(self.outline, &mut leaves))
    }
}

impl Pen<'_> {
    fn leaf(&mut self) -> usize {
        self.layout.leaves += 1;
        self.layout.leaves - 1
    }

    fn page(&mut self) -> Result<&mut Page, Unprinted> {
        self.layout
            .pages
            .last_mut()
            .ok_or_else(|| Bug("a line before the first page".into()).into())
    }

    /// A new page with its head: office and procedure, then who, which and when. The mark stands to the right, on a line
    /// of its own where it is too wide to stand beside.
    fn turn_page(&mut self) -> Result<(), Unprinted> {
        let sheet = self.sheet;
        let mut head = wrap(&sheet.head, WIDTH / SMALL)?;
        for fact in &sheet.head_facts {
            head.extend(wrap(&format!("{}: {}", fact.label, fact.value), WIDTH / SMALL)?);
        }
        let mark = wrap(sheet.mark.as_deref().unwrap_or_default(), WIDTH / SMALL)?;
        let width = |lines: &[Line]| lines.first().map_or(0.0, |line| line.width * SMALL);
        let beside = mark.len() == 1 && width(&mark) + width(&head) + GAP <= WIDTH;

        let mut page = Page::default();
        let mut y = TOP;
        for line in mark {
            page.placed.push(Placed {
                x: LEFT + WIDTH - line.width * SMALL,
                line,
                y: y + SMALL,
                size: SMALL,
                leaf: None,
            });
            y += SMALL * LEADING;
        }
        if beside {
            y = TOP;
        }
        for line in head {
            page.placed.push(Placed {
                line,
                x: LEFT,
                y: y + SMALL,
                size: SMALL,
                leaf: None,
            });
            y += SMALL * LEADING;
        }
        page.rules.push(Rule {
            y: y + 4.0,
            thickness: 0.8,
        });
        self.y = y + 16.0;
        self.layout.pages.push(page);
        Ok(())
    }

    fn space(&mut self, height: f32) {
        self.y += height;
    }

    /// Turns the page unless so much fits on this one.
    fn need(&mut self, height: f32) -> Result<(), Unprinted> {
        if self.y + height > HEIGHT - BOTTOM {
            self.turn_page()?;
        }
        Ok(())
    }

    fn heading(&mut self, level: u16, text: &str, size: f32) -> Result<(), Unprinted> {
        let leaf = self.leaf();
        let lines = wrap(text, WIDTH / size)?;
        // A heading does not stand alone at the foot of a page.
        self.need(height(lines.len(), size) + height(3, TEXT))?;
        self.lines(lines, LEFT, size, leaf)?;
        self.layout.outline.push(Block::Heading(level, text.to_owned(), leaf));
        Ok(())
    }

    fn lines(&mut self, lines: Vec<Line>, x: f32, size: f32, leaf: usize) -> Result<(), Unprinted> {
        for line in lines {
            self.need(size * LEADING)?;
            let y = self.y + size;
            self.page()?.placed.push(Placed {
                line,
                x,
                y,
                size,
                leaf: Some(leaf),
            });
            self.y += size * LEADING;
        }
        Ok(())
    }

    fn table(&mut self, facts: &[Fact]) -> Result<(), Unprinted> {
        self.space(2.0);
        self.rule(0.8)?;
        let mut rows = Vec::new();
        for fact in facts {
            let (label, value) = (self.leaf(), self.leaf());
            self.row(
                wrap(&fact.label, LABEL / TEXT)?,
                label,
                wrap(&fact.value, VALUE / TEXT)?,
                value,
            )?;
            rows.push((label, value));
        }
        self.layout.outline.push(Block::Table(rows));
        Ok(())
    }

    /// A row stays on one page, unless it is longer than a page.
    fn row(
        &mut self,
        label: Vec<Line>,
        label_leaf: usize,
        value: Vec<Line>,
        value_leaf: usize,
    ) -> Result<(), Unprinted> {
        let height = height(label.len().max(value.len()), TEXT) + 2.0 * PADDING;
        if height <= LONGEST_ROW {
            self.need(height)?;
        }
        self.space(PADDING);
        let mut value = value.into_iter();
        let mut label = label.into_iter();
        loop {
            let (left, right) = (label.next(), value.next());
            if left.is_none() && right.is_none() {
                break;
            }
            self.need(TEXT * LEADING)?;
            let y = self.y + TEXT;
            let page = self.page()?;
            let columns = [(left, LEFT, label_leaf), (right, LEFT + LABEL + GAP, value_leaf)];
            for (line, x, leaf) in columns {
                page.placed.extend(line.map(|line| Placed {
                    line,
                    x,
                    y,
                    size: TEXT,
                    leaf: Some(leaf),
                }));
            }
            self.y += TEXT * LEADING;
        }
        self.space(PADDING);
        self.rule(0.4)
    }

    fn rule(&mut self, thickness: f32) -> Result<(), Unprinted> {
        let y = self.y;
        self.page()?.rules.push(Rule { y, thickness });
        Ok(())
    }
}

impl Placed {
    fn draw(&self, surface: &mut Surface<'_>) {
        self.line.draw(surface, self.x, self.y, self.size);
    }
}

impl Rule {
    fn draw(&self, surface: &mut Surface<'_>) {
        let mut path = PathBuilder::new();
        if let Some(bar) = Rect::from_xywh(LEFT, self.y - self.thickness / 2.0, WIDTH, self.thickness) {
            path.push_rect(bar);
        }
        if let Some(path) = path.finish() {
            surface.draw_path(&path);
        }
    }
}

fn tree(outline: Vec<Block>, leaves: &mut [Vec<Identifier>]) -> TagTree {
    // Each leaf is taken once, as each identifier has one parent.
    let mut content = |leaf: usize| -> Vec<Node> {
        let taken = leaves.get_mut(leaf).map(std::mem::take).unwrap_or_default();
        taken.into_iter().map(Node::from).collect()
    };
    let mut tree = TagTree::new();
    for block in outline {
        match block {
            Block::Heading(level, title, leaf) => {
                let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
                tree.push(TagGroup::with_children(Tag::Hn(level, Some(title)), content(leaf)));
            }
            Block::Paragraph(leaf) => tree.push(TagGroup::with_children(Tag::P, content(leaf))),
            Block::Table(rows) => {
                let mut table = TagGroup::new(Tag::Table);
                for (label, value) in rows {
                    let mut row = TagGroup::new(Tag::TR);
                    row.push(TagGroup::with_children(Tag::TH(TableHeaderScope::Row), content(label)));
                    row.push(TagGroup::with_children(Tag::TD, content(value)));
                    table.push(row);
                }
                tree.push(table);
            }
        }
    }
    tree
}

fn height(lines: usize, size: f32) -> f32 {
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * size * LEADING
}

/// A PDF's date, with Japan's offset.
fn date_time(at: Instant) -> DateTime {
    let (date, second) = (at.day().date(), at.second_of_day());
    // Hours, minutes and seconds of a day are below 60, a four-digit year fits.
    let octet = |number: u32| u8::try_from(number).unwrap_or_default();
    DateTime::new(u16::try_from(date.year).unwrap_or_default())
        .month(date.month)
        .day(date.day)
        .hour(octet(second / 3_600))
        .minute(octet(second / 60 % 60))
        .second(octet(second % 60))
        .utc_offset_hour(9)
        .utc_offset_minute(0)
}

// A4 in points, margins of 20 mm.
const PAPER_WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const LEFT: f32 = 56.7;
const TOP: f32 = 42.5;
const BOTTOM: f32 = 62.0;
const WIDTH: f32 = PAPER_WIDTH - 2.0 * LEFT;
// The columns of a table.
const LABEL: f32 = 148.0;
const GAP: f32 = 10.0;
const VALUE: f32 = WIDTH - LABEL - GAP;
const PADDING: f32 = 3.5;
const LONGEST_ROW: f32 = 560.0;
// Sizes of type, and the distance of baselines as a multiple of them.
const TITLE: f32 = 18.0;
const HEADING: f32 = 12.0;
const TEXT: f32 = 10.0;
const SMALL: f32 = 9.0;
const LEADING: f32 = 1.5;
