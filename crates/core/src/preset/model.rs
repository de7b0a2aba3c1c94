//! The architectures a preset can name: one row each. The networks themselves are the engine's.

use serde::{Deserialize, Serialize};

use super::value::Unranged;
use crate::{image::ImageShape, names::alternatives};

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

/// Calls `$callback!` with one row for each architecture: the variant of [`Model`], the file of the
/// engine's `model` folder with its networks, and the fields of its [`ModelInfo`].
#[macro_export]
macro_rules! for_each_model {
    ($callback:ident) => {
        $callback! {
            /// The convolutional GAN of the reference.
            Dcgan => dcgan {
                latents: [64, 100],
                is_conditional: false,
                name: "dcgan",
                about: "the baseline DCGAN: three convolutions in the generator, four in the \
discriminator",
                has_discriminator_norm: true,
                image: MNIST_SHAPE,
            };
            /// The same with half the channels.
            DcganSmall => dcgan_small {
                latents: [64, 100],
                is_conditional: false,
                name: "dcgan-small",
                about: "as above, with half the channels",
                has_discriminator_norm: true,
                image: MNIST_SHAPE,
            };
            /// Fully connected layers only.
            Mlp => mlp {
                latents: [64, 100],
                is_conditional: false,
                name: "mlp",
                about: "fully connected layers only: 128, 256 and 512 features in the generator, 512 \
and 256 in the discriminator",
                has_discriminator_norm: false,
                image: MNIST_SHAPE,
            };
            /// The reference's networks, conditioned on the digit.
            DcganDigits => dcgan_digits {
                latents: [64, 100],
                is_conditional: true,
                name: "dcgan-digits",
                about: "the baseline DCGAN, class-conditional: needs labels, and generates requested \
digits",
                has_discriminator_norm: true,
                image: MNIST_SHAPE,
            };
            /// The same with half the channels.
            DcganSmallDigits => dcgan_small_digits {
                latents: [64, 100],
                is_conditional: true,
                name: "dcgan-small-digits",
                about: "as above, with half the channels",
                has_discriminator_norm: true,
                image: MNIST_SHAPE,
            };
        }
    };
}

/// Declares [`Model`], its variants in this order, and the row of each.
macro_rules! models {
    ($(
        $(#[$doc:meta])*
        $model:ident => $file:ident {
            latents: [$($latent:literal),*],
            is_conditional: $is_conditional:literal,
            $($field:ident: $value:expr,)*
        };
    )*) => {
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
                    $(Self::$model => const {
                        &ModelInfo {
                            latents: &[$($latent),*],
                            is_conditional: $is_conditional,
                            $($field: $value,)*
                        }
                    },)*
                }
            }
        }
    };
}

for_each_model!(models);

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
