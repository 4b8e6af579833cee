//! Whether text keeps to the script of its source: Traditional stays Traditional, Simplified stays Simplified.

use std::{collections::HashSet, sync::LazyLock};

use domain::Language;
use text::is_han;

/// Common characters that only Simplified Chinese writes so; the character at the same place below is its Traditional form.
const SIMPLIFIED: &str = "这个们国会来为说时对学过发经现动种进关开长问间门见车东马书实应从两还点业产电线机头气场员务战军党运区县乡镇岛湾龙\
华汉语词话读课题试认识记许论设证评译议讲谁请调谈该详诉诗误贝负财责败质货购贸费资赛赵边达迁远连选适逻遗邮郑银钱铁\
铜错键锦镜闻阳阴队阶际陆陈险随难静韩页顶项顺须顾领颜风飞饭饮馆驻驱验鱼鸟鸡麦黄齐齿龄亚亿仅仓仪价众优伟传伤伦体侧\
侦儿兰兴养兽冯凤则刚创剧办劳势医协单卢卫压厅厂参双变号叶听启响唤团园围图圆圣坏块坚垒处备夹夺奖妇妈孙宁宝审宪宾导\
将尔尽层属岁岗师帅带帮广庆库庙废异张弯归录彻忆怀态总恋恶悬惊惧惩愿戏户执扩扫扬扰抚护报拟拥择挥损换据掷携摄敌数断\
无旧显晓暂术杂权条极构枪柜标栋树样桥档检楼欢欧残毁毕汤沟没沪泪泽洁浅测济浓涛润涨温湿满滨灭灯灵灾炉炼烂热爱牵状犹\
独狭狮猎献环玛琼画疗疯监盖盘矿码础确礼离积称稳穷窃竞笔筑签简类粮紧红约级纯纲纳纵纷纸纽组细织终绍结绕给络绝统继绩\
续维绿缅缘编缩网罗罚职联聪肃肠胜脑脏脱腊舰艺节苏荣药获营萨蒋蓝虏虑虽蚁补装规视览觉触誉计订训讯访诞谋谢谭贵贡贤贴\
赏赖赢跃践转轮软轰轻载较辅辆辈辉输辖辞违迟递邻酱释针钢销锁锋锐镑闭闲阅阔隐雾韦预频额饰饿骂骑骗鲁鲜鸣鸭鹅鹰";

/// Common characters that only Traditional Chinese writes so.
const TRADITIONAL: &str = "這個們國會來為說時對學過發經現動種進關開長問間門見車東馬書實應從兩還點業產電線機頭氣場員務戰軍黨運區縣鄉鎮島灣龍\
華漢語詞話讀課題試認識記許論設證評譯議講誰請調談該詳訴詩誤貝負財責敗質貨購貿費資賽趙邊達遷遠連選適邏遺郵鄭銀錢鐵\
銅錯鍵錦鏡聞陽陰隊階際陸陳險隨難靜韓頁頂項順須顧領顏風飛飯飲館駐驅驗魚鳥雞麥黃齊齒齡亞億僅倉儀價眾優偉傳傷倫體側\
偵兒蘭興養獸馮鳳則剛創劇辦勞勢醫協單盧衛壓廳廠參雙變號葉聽啟響喚團園圍圖圓聖壞塊堅壘處備夾奪獎婦媽孫寧寶審憲賓導\
將爾盡層屬歲崗師帥帶幫廣慶庫廟廢異張彎歸錄徹憶懷態總戀惡懸驚懼懲願戲戶執擴掃揚擾撫護報擬擁擇揮損換據擲攜攝敵數斷\
無舊顯曉暫術雜權條極構槍櫃標棟樹樣橋檔檢樓歡歐殘毀畢湯溝沒滬淚澤潔淺測濟濃濤潤漲溫濕滿濱滅燈靈災爐煉爛熱愛牽狀猶\
獨狹獅獵獻環瑪瓊畫療瘋監蓋盤礦碼礎確禮離積稱穩窮竊競筆築簽簡類糧緊紅約級純綱納縱紛紙紐組細織終紹結繞給絡絕統繼績\
續維綠緬緣編縮網羅罰職聯聰肅腸勝腦臟脫臘艦藝節蘇榮藥獲營薩蔣藍虜慮雖蟻補裝規視覽覺觸譽計訂訓訊訪誕謀謝譚貴貢賢貼\
賞賴贏躍踐轉輪軟轟輕載較輔輛輩輝輸轄辭違遲遞鄰醬釋針鋼銷鎖鋒銳鎊閉閒閱闊隱霧韋預頻額飾餓罵騎騙魯鮮鳴鴨鵝鷹";

/// The characters of `text` that a text in `language` does not have: those of the other Chinese script, and Chinese ones in
/// English.
pub(crate) fn strangers(text: &str, language: Language) -> Vec<char> {
    static SETS: LazyLock<(HashSet<char>, HashSet<char>)> =
        LazyLock::new(|| (SIMPLIFIED.chars().collect(), TRADITIONAL.chars().collect()));
    let (simplified, traditional) = &*SETS;
    let strange = |c: &char| match language {
        Language::English => is_han(*c),
        Language::TraditionalChinese => simplified.contains(c),
        Language::SimplifiedChinese => traditional.contains(c),
        Language::Other => false,
    };
    let mut found: Vec<char> = text.chars().filter(strange).collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_script_is_seen() {
        assert_eq!(strangers("這是什麼国家", Language::TraditionalChinese), ['国']);
        assert_eq!(strangers("这是什麼國家", Language::SimplifiedChinese), ['國']);
        assert_eq!(strangers("What is 龍?", Language::English), ['龍']);
        assert_eq!(SIMPLIFIED.chars().count(), TRADITIONAL.chars().count());
    }
}
