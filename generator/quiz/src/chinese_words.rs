//! The Chinese words and characters that tell where a span begins and ends and what it names. Traditional and Simplified
//! forms stand side by side: a text has only one of them. The words are in `chinese_words.txt`.

use std::{collections::HashMap, sync::LazyLock};

type WordList = LazyLock<Vec<&'static str>>;

/// The lists of the file, by name.
static LISTS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let lists = include_str!("chinese_words.txt").split("\n[").skip(1).filter_map(|list| list.split_once("]\n"));
    lists.map(|(name, words)| (name, words.split_whitespace().collect())).collect()
});

fn list(name: &str) -> Vec<&'static str> {
    LISTS.get(name).cloned().unwrap_or_default()
}

/// Characters of which words are rarely made, or that bind words to one another: a name neither begins nor ends with one.
pub(super) const FUNCTION: &str = "的了是在和與与及而之於于有也就都被把對对從从為为以其這这那個个們们呢將将並并又但或由至到等著着過过所使讓让給给向則则且因才能可會会要不未無无已曾還还更最很再仍只同當当後后前中上下內内外時时間间年月日號号第每各某另此該该本他她它我你您吧嗎吗啊";

/// Those of them that never begin, end or join parts of one word: what stands between two of them or marks is whole.
pub(super) const PARTICLES: &str =
    "的了是在和與与及而之於于有就都被把對对從从為为以這这那將将並并但或由至到著着使讓让給给向則则因";

/// What goes on behind the name of a place and makes another word of it: 日本人, 法國大革命.
pub(super) const MAKES_ANOTHER: &str = "人語语文隊队籍裔軍军史國国式化族系風风幣币政總总首皇王帝共民聯联海洋洲島岛半南北東东西中大女男省市縣县區区話话戲戏劇剧菜茶片電电影學学教公銀银議议外內内法境最第新老舊旧裡里上下左右領领境沿";

/// Characters with which verbs and the like begin behind a name.
pub(super) const BEGINS_VERBS: &str = "開开排在於于曾是為为已將将發发宣獲获贏赢擊击參参派占佔收割失舉举認认同反提奪夺拒向與与和至也還还正終终再只仍則则就便才未不可能會会要想需應应設设建";

/// What stands in front of the name of a place and is no part of its word.
pub(super) const BEFORE_PLACE: &str = "赴往到訪访駐驻侵攻抵離离返經经位入";

/// Characters with which a clause goes on without a subject of its own.
pub(super) const GOES_ON: &str =
    "故則则均皆亦也就卻却使令造導导並并而遂乃即以取獲获得成列改舉举建設设開开被由是為为有在曾";

/// Characters with which foreign names are written.
pub(super) const SOUNDS: &str = "阿埃艾安奧奥巴白班贝貝本比彼波伯博布查达達大戴丹德登狄迪杜多厄尔爾法菲費费弗夫福盖蓋戈格古哈海汉漢赫亨霍基吉加贾賈\
金卡凯凱坎康科克肯库庫奎拉莱萊兰蘭朗劳勞勒雷黎里利莉林琳龙龍卢盧鲁魯路罗羅洛马馬迈邁曼梅蒙米莫姆穆纳納娜南内內尼妮诺諾努欧歐帕潘佩彭皮普\
奇钱錢乔喬切琼瓊丘萨薩塞森沙山尚舍圣聖施史斯丝絲苏蘇索塔泰坦汤湯特提廷图圖托瓦万萬威韦韋维維魏温溫沃乌烏伍西希夏谢謝辛休雅亚亞扬揚耶伊因英\
尤约約泽澤扎札詹珍朱兹茲佐哥蒂什柯甘麦麥吕呂治賓宾倫伦頓顿瑞瑟肖蕭翰堡可可娃婭娅冈岡岑茨赛賽高葛贡貢桑翁冯馮鮑鲍";

/// Common surnames.
pub(super) const SURNAMES: &str = "王李張张劉刘陳陈楊杨趙赵黃黄周吳吴徐孫孙胡朱林何郭羅罗梁宋鄭郑謝谢韓韩唐馮冯董蕭萧程曹袁鄧邓許许傅沈曾彭呂吕蘇苏盧卢\
蔣蒋蔡賈贾丁魏薛葉叶閻阎余潘杜戴夏鍾钟汪田姜范方石姚譚谭廖鄒邹熊金陸陆郝孔崔康毛邱秦江史顧顾侯邵孟龍龙萬万段雷錢钱湯汤尹黎武喬乔賀贺賴赖龔龚\
嚴严關关司諸诸佘馬马";

/// Classifiers and units behind a number, longest first.
pub(super) static UNITS: WordList = LazyLock::new(|| list("units"));
/// Units that stand behind digits; behind numerals they may be part of a name, as in 三國.
pub(super) static DIGIT_UNITS: WordList = LazyLock::new(|| list("digit_units"));
/// What a rank in a row is counted in.
pub(super) static RANKED: WordList = LazyLock::new(|| list("ranked"));
/// Words behind which a place stands.
pub(super) static BEFORE_PLACES: WordList = LazyLock::new(|| list("before_places"));
/// Words behind which what something is called stands.
pub(super) static BEFORE_NAMES: WordList = LazyLock::new(|| list("before_names"));
/// Verbs and nouns behind which one thing stands until the next mark, and that tell of what type it is.
pub(super) static BEFORE_THINGS: WordList = LazyLock::new(|| list("before_things"));
/// Words behind which a person stands.
pub(super) static BEFORE_PERSONS: WordList = LazyLock::new(|| list("before_persons"));
/// Nouns of people; a name that follows one is a person's.
pub(super) static ROLES: WordList = LazyLock::new(|| list("roles"));
/// Last characters or words of names of places, longest first.
pub(super) static PLACES: WordList = LazyLock::new(|| list("places"));
/// What looks like a place's name and is none.
pub(super) static NO_PLACES: WordList = LazyLock::new(|| list("no_places"));
/// Names of countries that no last character tells.
pub(super) static COUNTRIES: WordList = LazyLock::new(|| list("countries"));
/// Names of provinces that no last character tells.
pub(super) static PROVINCES: WordList = LazyLock::new(|| list("provinces"));
/// Cities whose names do not say that they are.
pub(super) static CITIES: WordList = LazyLock::new(|| list("cities"));
/// Continents and other large parts of the world.
pub(super) static CONTINENTS: WordList = LazyLock::new(|| list("continents"));
/// With these no name of a place ends.
pub(super) static NEVER_PLACES: WordList = LazyLock::new(|| list("never_places"));
/// Words of [`BEFORE_THINGS`] behind which things of one sort stand: posts, schools, teams.
pub(super) static ONE_SORT: WordList = LazyLock::new(|| list("one_sort"));
/// Verbs that may stand in front of a name and are no part of it.
pub(super) static VERBS: WordList = LazyLock::new(|| list("verbs"));
/// Verbs that tell that what stands before them is a human being.
pub(super) static HUMAN_DEEDS: WordList = LazyLock::new(|| list("human_deeds"));
/// Words with which a sentence begins that leaves its subject out.
pub(super) static NO_SUBJECT: WordList = LazyLock::new(|| list("no_subject"));
/// Words with which a clause begins that only says where, when or why; the subject may come behind it.
pub(super) static OPENS_ASIDE: WordList = LazyLock::new(|| list("opens_aside"));
/// Last words of names of groups.
pub(super) static GROUPS: WordList = LazyLock::new(|| list("groups"));
/// Last words of names of events.
pub(super) static EVENTS: WordList = LazyLock::new(|| list("events"));

/// The longest of the words with which a text ends.
pub(super) fn ending<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    words.iter().filter(|w| text.ends_with(**w)).max_by_key(|w| w.len()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_in_the_file_and_no_other() {
        let lists = [
            &UNITS,
            &DIGIT_UNITS,
            &RANKED,
            &BEFORE_PLACES,
            &BEFORE_NAMES,
            &BEFORE_THINGS,
            &BEFORE_PERSONS,
            &ROLES,
            &PLACES,
            &NO_PLACES,
            &COUNTRIES,
            &PROVINCES,
            &CITIES,
            &CONTINENTS,
            &NEVER_PLACES,
            &ONE_SORT,
            &VERBS,
            &HUMAN_DEEDS,
            &NO_SUBJECT,
            &OPENS_ASIDE,
            &GROUPS,
            &EVENTS,
        ];
        assert!(lists.iter().all(|list| !list.is_empty()));
        assert_eq!(LISTS.len(), lists.len());
        assert!(UNITS.contains(&"平方公里"));
    }
}
