//! What GPUs that share a model tell each other in each layer, and how long that takes.

use super::plan::Setup;

/// What the GPUs of a layer tell each other, in seconds: for the layer, and for each token.
/// Tensor parallelism sums twice; where groups attend to different sequences, tokens travel to
/// the experts and back.
pub(super) fn told(setup: &Setup) -> (f64, f64) {
    let reach = &setup.efficiency.gpu;
    let tensor = f64::from(setup.tensor_parallel);
    let bytes = f64::from(setup.shape.hidden) * 2.0;
    let (mut layer, mut token) = (0.0, 0.0);
    if setup.tensor_parallel > 1 {
        let start = reach.reduce_us * 1e-6 * (tensor / 2.0).sqrt();
        layer += 2.0 * start;
        token += 4.0 * (tensor - 1.0) / tensor * bytes / (reach.reduce_gb_s * 1e9);
    }
    if setup.data_parallel > 1 {
        let world = tensor * f64::from(setup.data_parallel);
        layer += 2.0 * reach.reduce_us * 1e-6 * (world / 2.0).sqrt();
        let groups = f64::from(setup.data_parallel);
        // A token is sent to those that have its experts, or, where each has a part of every
        // expert, to all other groups.
        let copies = match setup.expert_parallel {
            true => f64::from(setup.shape.experts_per_token.max(1)).min(world - 1.0),
            false => groups - 1.0,
        };
        token += 2.0 * copies * bytes / (reach.reduce_gb_s * 1e9);
    }
    (layer, token)
}
