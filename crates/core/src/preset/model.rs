//! The architectures a preset can name: one row each. The networks themselves are the engine's.

use serde::{Deserialize, Serialize};

use crate::image::ImageShape;

use super::value::Unranged;
use crate::names::alternatives;

/// What is known of an architecture without building its networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelInfo {
    /// The name recorded in checkpoints.
    pub name: &'static str,
    /// A short description.
    pub about: &'static str,
    /// The latent dimensions it is built for: the dimension is part of the networks' types.
    pub latents: &'static [usize],
    /// Whether the networks are conditioned on the class, so that digits can be requested.
    pub is_conditional: bool,
    /// Whether the discriminator has a norm that the preset field `norm` can switch off.
    pub has_discriminator_norm: bool,
    /// The images that it generates and judges.
    pub image: ImageShape,
}

/// Grey images of the size of MNIST's.
pub const MNIST_SHAPE: ImageShape = ImageShape::grey(28, 28);

/// Declares [`Model`], its variants in this order, and the row of each.
macro_rules! models {
    ($($(#[$doc:meta])* $model:ident => $info:expr;)*) => {
        /// An architecture by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Model {
            $($(#[$doc])* $model,)*
        }

        impl Model {
            /// Every model, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$model),*];

            /// Returns the model's row.
            pub const fn info(self) -> &'static ModelInfo {
                match self {
                    $(Self::$model => const { &$info },)*
                }
            }
        }
    };
}

models! {
    /// The convolutional GAN of the reference.
    Dcgan => ModelInfo {
        name: "dcgan",
        about: "the convolutional networks of the reference: three convolutions against four",
        latents: &[64, 100],
        is_conditional: false,
        has_discriminator_norm: true,
        image: MNIST_SHAPE,
    };
    /// The same with half the channels.
    DcganSmall => ModelInfo {
        name: "dcgan-small",
        about: "the same with half the channels",
        latents: &[64, 100],
        is_conditional: false,
        has_discriminator_norm: true,
        image: MNIST_SHAPE,
    };
    /// Fully connected layers only.
    Mlp => ModelInfo {
        name: "mlp",
        about: "dense layers only: 128, 256 and 512 features against 512 and 256",
        latents: &[64, 100],
        is_conditional: false,
        has_discriminator_norm: false,
        image: MNIST_SHAPE,
    };
    /// The reference's networks, conditioned on the digit.
    DcganDigits => ModelInfo {
        name: "dcgan-digits",
        about: "the reference's networks, told which digit: needs labels, and draws the digits \
                that are asked for",
        latents: &[64, 100],
        is_conditional: true,
        has_discriminator_norm: true,
        image: MNIST_SHAPE,
    };
    /// The same with half the channels.
    DcganSmallDigits => ModelInfo {
        name: "dcgan-small-digits",
        about: "the same with half the channels",
        latents: &[64, 100],
        is_conditional: true,
        has_discriminator_norm: true,
        image: MNIST_SHAPE,
    };
}

impl Unranged for Model {
    fn alternatives() -> Vec<String> {
        Self::ALL.iter().map(Unranged::to_ron).collect()
    }

    fn to_ron(&self) -> String {
        format!("{self:?}")
    }
}

impl Model {
    /// Returns the model that is recorded under this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|model| model.name() == name)
    }

    /// Returns the name recorded in checkpoints.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// Returns whether the networks are conditioned on the class, so that digits can be requested.
    pub const fn is_conditional(self) -> bool {
        self.info().is_conditional
    }

    /// Returns the size of the images that the model generates.
    pub const fn image(self) -> ImageShape {
        self.info().image
    }
}

/// Returns the latent dimensions that each model is built for.
pub(super) fn latents() -> Vec<String> {
    let of = |model: &Model| alternatives(model.info().latents);
    let same = Model::ALL.iter().all(|model| of(model) == of(&Model::ALL[0]));
    vec![if same {
        format!("{}, with every model", of(&Model::ALL[0]))
    } else {
        let each = Model::ALL.iter().map(|model| format!("{} for {model:?}", of(model)));
        each.collect::<Vec<_>>().join(", ")
    }]
}
