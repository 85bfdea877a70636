//! Petition texts made up of words with a skewed distribution, and words planted in a known share of them.

use xinqiao_tests::chance::Chance;

/// Words of the language of these texts, by frequency.
const VOCABULARY: usize = 20_000;
/// The first of the ideographs they are made of, and how many there are.
const FIRST_LETTER: u32 = 0x4e00;
const LETTERS: u64 = 3_000;

/// A word that one text in so many has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planted {
    pub(crate) word: &'static str,
    pub(crate) one_in: usize,
}

/// Of each share one word of two characters and one of four.
pub(crate) const PLANTED: [Planted; 10] = [
    planted("漏雨", 10_000),
    planted("楼板渗水", 10_000),
    planted("停暖", 1_000),
    planted("外墙脱落", 1_000),
    planted("欠薪", 100),
    planted("拖欠工资", 100),
    planted("征地", 10),
    planted("补偿标准", 10),
    planted("反映", 2),
    planted("请求解决", 2),
];

const fn planted(word: &'static str, one_in: usize) -> Planted {
    Planted { word, one_in }
}

/// Makes texts.
#[derive(Debug)]
pub(crate) struct Writer {
    chance: Chance,
    vocabulary: Vec<String>,
    written: usize,
}

impl Writer {
    pub(crate) fn new(mut chance: Chance) -> Self {
        let vocabulary = (0..VOCABULARY).map(|_| word(&mut chance)).collect();
        Self {
            chance,
            vocabulary,
            written: 0,
        }
    }

    /// The next text: half of them are shorter than 400 characters. Planted words stand where a sentence begins.
    pub(crate) fn next(&mut self) -> String {
        let number = self.written;
        self.written += 1;
        let length = if self.chance.between(0, 1) == 0 {
            self.chance.between(150, 400)
        } else {
            self.chance.between(400, 1_200)
        };
        let mut text = String::new();
        for (place, planted) in PLANTED.iter().enumerate() {
            // Each word has texts of its own, so that they do not come together.
            if (number + place * 7).is_multiple_of(planted.one_in) {
                text.push_str(planted.word);
                text.push('，');
            }
        }
        let mut characters = text.chars().count();
        while characters < usize::try_from(length).unwrap_or(usize::MAX) {
            for _ in 0..self.chance.between(3, 8) {
                let word = self.frequent();
                characters += word.chars().count();
                text.push_str(&word);
            }
            text.push('，');
            characters += 1;
        }
        text
    }

    /// A word, the first ones far more often: the product of two even chances leans to the low ranks.
    fn frequent(&mut self) -> String {
        let last = u64::try_from(VOCABULARY - 1).unwrap_or(u64::MAX);
        let outer = self.chance.between(0, last);
        let rank = self.chance.between(0, outer);
        let rank = self.chance.between(0, rank);
        let rank = usize::try_from(rank).unwrap_or_default();
        self.vocabulary.get(rank).cloned().unwrap_or_default()
    }
}

/// A word of two characters, or of three or four now and then.
fn word(chance: &mut Chance) -> String {
    let length = [2, 2, 2, 2, 3, 4];
    let length = chance.pick(&length).copied().unwrap_or(2);
    (0..length)
        .filter_map(|_| {
            let letter = u32::try_from(chance.between(0, LETTERS - 1)).ok()?;
            char::from_u32(FIRST_LETTER + letter)
        })
        .collect()
}
