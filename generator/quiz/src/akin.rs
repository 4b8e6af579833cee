//! Which last words of Chinese names tell of things of one sort, though not of one name.

/// Each line holds one sort.
const SORTS: [&[&str]; 8] = [
    &["市", "縣", "县", "區", "区", "鎮", "镇", "鄉", "乡", "村", "州"],
    &["省", "自治區", "自治区", "自治州", "州", "province"],
    &["河", "江", "湖", "海", "海峽", "海峡", "灣", "湾"],
    &["山", "山脈", "山脉", "高原", "平原", "盆地", "半島", "半岛", "沙漠"],
    &["大學", "大学", "學院", "学院", "中學", "中学", "研究所"],
    &["委員會", "委员会", "協會", "协会", "聯盟", "联盟", "政府", "議會", "议会", "法院"],
    &["戰爭", "战争", "之戰", "之战", "戰役", "战役", "革命", "起義", "起义", "事變", "事变", "之亂", "之乱"],
    &["國", "国", "共和國", "共和国", "country"],
];

/// Whether two cues tell of one sort of thing.
pub(super) fn is_akin(a: &str, b: &str) -> bool {
    a != b && SORTS.iter().any(|sort| sort.contains(&a) && sort.contains(&b))
}

#[cfg(test)]
mod tests {
    use super::is_akin;

    #[test]
    fn a_county_is_akin_to_a_city_and_a_river_is_not() {
        assert!(is_akin("市", "縣") && is_akin("大學", "學院"));
        assert!(!is_akin("市", "河") && !is_akin("市", "市") && !is_akin("", "市"));
    }
}
