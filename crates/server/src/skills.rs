//! The skills that a request's shell has at hand: looked up, and those read that the request is about.
//! Not here: how they stand in a prompt, and what the shell is made to run.

use fakeai_canon::{ApiError, Generate, Input, Part, Role, Tool, ToolChoice, Work};
use fakeai_resources::{MountedSkill, mounted_skills};

use crate::world::World;

/// Gives the work the skills that its tools name.
///
/// # Errors
/// In realistic mode: a skill is not there, or what was sent is none.
pub(crate) fn equip(world: &World, project: &str, work: &mut Work) -> Result<(), ApiError> {
    let (Work::Generate(work) | Work::Count(work) | Work::Compact(work)) = work else {
        return Ok(());
    };
    let mut mounted = Vec::new();
    for tool in &work.tools {
        let Tool::Hosted { settings, .. } = tool else {
            continue;
        };
        for place in [&settings.0["container"], &settings.0["environment"]] {
            match mounted_skills(world.objects(project), place) {
                Ok(skills) => mounted.extend(skills),
                Err(_) if world.is_mock() => {}
                Err(error) => return Err(error),
            }
        }
    }
    if mounted.is_empty() {
        return Ok(());
    }
    let wanted = wanted(world, work, &mounted);
    let skills = mounted.into_iter().zip(wanted);
    work.skills = skills
        .map(|(skill, is_wanted)| match is_wanted {
            true => skill.read(&*world.blobs),
            false => skill.unread(),
        })
        .collect();
    Ok(())
}

/// Which skills are read: those that the last question is about, and the first where the shell has to
/// run whatever is asked. After results the model has read what it wanted.
fn wanted(world: &World, work: &Generate, skills: &[MountedSkill]) -> Vec<bool> {
    let messages = match &work.input {
        Input::Chat(messages) => messages.as_slice(),
        Input::Raw(_) => &[],
    };
    let last = messages.last().filter(|message| message.role == Role::User);
    let Some(last) = last else {
        return vec![false; skills.len()];
    };
    let texts = last.parts.iter().filter_map(Part::as_text);
    let asked = texts.collect::<Vec<_>>().join("\n");
    let is_about = |skill: &MountedSkill| {
        let behaviour = &world.behaviour;
        skill.is_readable() && behaviour.is_for_skill(&asked, skill.name(), skill.description())
    };
    let mut wanted: Vec<_> = skills.iter().map(is_about).collect();
    let is_forced = matches!(&work.tool_choice, ToolChoice::Named(name) if name == "shell");
    if is_forced && !wanted.contains(&true) {
        let first = skills.iter().position(MountedSkill::is_readable);
        first.into_iter().for_each(|first| wanted[first] = true);
    }
    wanted
}
