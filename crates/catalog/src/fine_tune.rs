//! Ids of fine-tuned models. Their shape only; whether such a model exists is not asked here.

/// The parts of `ft:{base}:{organisation}:{suffix}:{id}`.
///
/// The suffix may be empty (`ft:gpt-4o-mini-2024-07-18:acme::9xyz`), a checkpoint may follow
/// (`…:ckpt-step-90`), and the base may have colons of its own. Parts may be missing from the
/// end, so that a client's made-up id still names its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FineTune<'a> {
    /// The model that was tuned.
    pub base: &'a str,
    /// Who tuned it; empty where the id does not say.
    pub organisation: &'a str,
}

impl<'a> FineTune<'a> {
    /// Reads an id; `None` where it is not one of a fine-tuned model.
    pub fn parse(id: &'a str) -> Option<Self> {
        let rest = id.strip_prefix("ft:")?;
        let rest = match rest.rsplit_once(':') {
            Some((before, last)) if last.starts_with("ckpt-") => before,
            _ => rest,
        };
        // Read from the end, where the number of parts is known, as long as there are enough.
        let mut from_end = rest.rsplitn(4, ':');
        let (_, _, organisation, base) = (
            from_end.next(),
            from_end.next(),
            from_end.next(),
            from_end.next(),
        );
        let (base, organisation) = match (base, organisation) {
            (Some(base), Some(organisation)) => (base, organisation),
            _ => rest
                .split(':')
                .next()
                .map(|base| (base, rest.split(':').nth(1).unwrap_or("")))?,
        };
        (!base.is_empty()).then_some(Self { base, organisation })
    }
}
