//! Skills in a prompt: all are told of by name, description and folder, and those that are read stand
//! behind the conversation as the shell gives them out. So the provider describes it:
//! <https://developers.openai.com/cookbook/examples/skills_in_api>. Its own words for it are not
//! public. Not here: which skills are read.

use fakeai_canon::{Role, Skill};

use super::{Writer, role_name};

impl Writer<'_> {
    /// A message that tells which skills there are.
    pub(super) fn skills(&mut self, skills: &[Skill]) {
        if skills.is_empty() {
            return;
        }
        self.open(Role::Developer, None);
        self.text("# Skills\n");
        for skill in skills {
            let Skill {
                name,
                description,
                path,
                read: _,
            } = skill;
            self.text(&format!("- {name}: {description} ({path}/SKILL.md)\n"));
        }
        self.mark(self.marks.end);
    }

    /// The calls that read skills, and what they read.
    pub(super) fn read_skills(&mut self, skills: &[Skill]) {
        for skill in skills {
            let Some(text) = &skill.read else {
                continue;
            };
            self.mark(self.marks.start);
            self.text(role_name(Role::Assistant));
            self.text(" to=shell");
            self.mark(self.marks.content);
            self.text(&skill.read_by());
            self.mark(self.marks.end);
            self.open(Role::Tool, None);
            self.text(text);
            self.mark(self.marks.end);
        }
    }
}
