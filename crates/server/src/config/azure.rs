//! The section `azure`: deployments.

use std::collections::BTreeMap;

use super::tree::Conflict;

section! {
    /// What stands behind the paths of Azure OpenAI, `/openai/…`.
    azure: Azure {
        /// Deployments as `name=model`. Where there are none, every model is deployed under its own
        /// name; where there are any, no other name is known.
        azure_deployments: Vec<String> = Vec::new(), also ["azure_deployment"];
    }
}

impl Azure {
    /// The models of deployments, by the deployment's name.
    pub(crate) fn deployments(&self) -> BTreeMap<String, String> {
        let pairs = self.azure_deployments.iter();
        let pairs = pairs.filter_map(|entry| entry.split_once('='));
        pairs
            .map(|(name, model)| (name.trim().to_owned(), model.trim().to_owned()))
            .collect()
    }

    /// Checks what no single setting can.
    ///
    /// # Errors
    /// An entry that is not a name and a model.
    pub(super) fn check(&self) -> Result<(), Conflict> {
        let is_pair = |entry: &String| {
            let pair = entry.split_once('=');
            pair.is_some_and(|(name, model)| !name.trim().is_empty() && !model.trim().is_empty())
        };
        if self.azure_deployments.iter().all(is_pair) {
            return Ok(());
        }
        Err(Conflict {
            setting: "azure.azure_deployments",
            problem: "each entry has to be a name and a model, as in name=model".into(),
        })
    }
}
