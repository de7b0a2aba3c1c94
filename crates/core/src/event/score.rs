//! How good generated images are.

use serde::{Deserialize, Serialize};

use super::json::number;

/// How good some images are. As JSON it is the flat object of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Score {
    Digits(DigitScore),
    Pictures(PictureScore),
}

impl Score {
    /// Returns the distance from real images that runs are judged by; less is better.
    pub fn distance(&self) -> f32 {
        match self {
            Self::Digits(score) => score.frechet_distance,
            Self::Pictures(score) => score.sliced_wasserstein,
        }
    }

    /// Returns the distance of as many real images, others than are compared with.
    pub fn floor(&self) -> f32 {
        match self {
            Self::Digits(score) => score.floor,
            Self::Pictures(score) => score.floor,
        }
    }

    /// Returns how many images were looked at.
    pub fn samples(&self) -> usize {
        match self {
            Self::Digits(score) => score.samples,
            Self::Pictures(score) => score.samples,
        }
    }
}

/// How good some images are as digits, by a classifier's features and readings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DigitScore {
    /// How many images were looked at.
    pub samples: usize,
    /// Fréchet distance of their features from those of real images; less is better.
    #[serde(deserialize_with = "number")]
    pub frechet_distance: f32,
    /// What as many real images score, others than are compared with.
    pub floor: f32,
    /// Mean probability of the class that each is read as.
    pub confidence: f32,
    /// Share of the images read as each digit.
    pub classes: [f32; 10],
    /// Kullback-Leibler divergence of these shares from those of real images, in nats; infinite
    /// (`null` in JSON) where a digit is drawn that the real images have none of.
    #[serde(deserialize_with = "number")]
    pub class_kl: f32,
    /// The smallest of the shares.
    pub smallest_class: f32,
    /// Variance of the features within a class over that of real images, the mean of all classes; 1
    /// is as diverse as real ones.
    pub diversity: f32,
    /// Share of the images that are read as the digit that was asked for, where digits were asked
    /// for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_asked: Option<f32>,
    /// How they lie among the images that are learned from, where these are at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variety: Option<Variety>,
}

/// How images lie among those that are learned from, in the same features as the distance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Variety {
    /// How many images of each kind are compared.
    pub compared: usize,
    /// Among images that are learned from.
    pub neighbours: Neighbours,
    /// The same of as many other real images.
    pub real: Neighbours,
    /// The kernel distance (Bińkowski et al. 2018) and its standard error, and that of real images.
    pub kernel_distance: f32,
    pub kernel_error: f32,
    pub real_kernel_distance: f32,
    /// Images that are learned from, among which the nearest to each is looked for.
    pub searched: usize,
    /// The median of the distances to it, and that of real images to the nearest other one.
    pub nearest: f32,
    pub real_nearest: f32,
    /// Share of the images that are nearer than the nearest hundredth of real ones: about 0.01
    /// unless images are learned by heart.
    pub copies: f32,
}

/// How good images of any kind are, compared with as many real ones that were not learned from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PictureScore {
    /// How many images were looked at, and how many real ones they are compared with.
    pub samples: usize,
    /// Sliced Wasserstein distance of their patches from those of real images over a Laplacian
    /// pyramid, times 1000 (Karras et al. 2018, section 5); less is better.
    #[serde(deserialize_with = "number")]
    pub sliced_wasserstein: f32,
    /// What as many other real images score.
    pub floor: f32,
    #[serde(flatten)]
    pub neighbours: Neighbours,
    /// The same of as many other real images.
    pub real: Neighbours,
}

/// Which of some images lie among real ones and which real ones have such images near them, in the
/// features of a fixed random network (Naeem et al. 2020).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Neighbours {
    /// Share of the images that lie among real ones.
    pub precision: f32,
    /// Share of the real images that lie among the images.
    pub recall: f32,
    /// How densely real images lie around the images; 1 where both are alike.
    pub density: f32,
    /// Share of the real images that have an image near them.
    pub coverage: f32,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_reads_back_as_what_it_is() {
        let neighbours = Neighbours { precision: 0.5, recall: 0.25, density: 0.75, coverage: 1.0 };
        let score = Score::Pictures(PictureScore {
            samples: 1000,
            sliced_wasserstein: 12.5,
            floor: 4.0,
            neighbours,
            real: neighbours,
        });
        let text = serde_json::to_string(&score).unwrap();
        assert!(
            text.contains("\"sliced_wasserstein\":12.5,\"floor\":4.0,\"precision\":0.5"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Score>(&text).unwrap(), score);
        let nothing = text.replace("12.5", "null");
        assert!(serde_json::from_str::<Score>(&nothing).unwrap().distance().is_nan());
        let digits = r#"{"samples":2000,"frechet_distance":3.5,"floor":1.0,"confidence":0.9,
            "classes":[0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1],"class_kl":0.0,
            "smallest_class":0.1,"diversity":1.0}"#;
        let read: Score = serde_json::from_str(digits).unwrap();
        assert!(matches!(read, Score::Digits(_)) && read.distance() == 3.5 && read.floor() == 1.0);
    }
}
