// Readings with enough facts for a quiz of five questions, written for these tests.

const english = `# The history of writing and measuring

## Clay tablets
Scribes in Mesopotamia pressed reeds into wet clay about five thousand years ago. The wedge-shaped script is called cuneiform. Merchants used it to record barley, sheep and silver.

## Papyrus
The Egyptians made sheets from the papyrus plant, which grows along the Nile. A finished scroll was often more than ten metres long. The library of Alexandria kept hundreds of thousands of scrolls.

## Paper
The court official Cai Lun described the making of paper in China in the year 105. Paper reached Baghdad in the eighth century. The first paper mill in Germany was built near Nuremberg in 1390.

## Printing
Johannes Gutenberg printed a Bible with movable metal type in Mainz around 1455. About 180 copies were made. Within fifty years more than a thousand printing shops worked in Europe.

## The metre
French surveyors measured the meridian between Dunkirk and Barcelona from 1792 to 1798. The metre was defined as one ten-millionth of the distance from the pole to the equator. Since 1983 it has been defined by the speed of light.

## The thermometer
Daniel Gabriel Fahrenheit built a mercury thermometer in 1714. Anders Celsius proposed a scale of one hundred degrees in 1742. Water boils at one hundred degrees on the Celsius scale.

## Clocks
Christiaan Huygens built the first pendulum clock in 1656. John Harrison made a marine chronometer that kept time at sea. With it, sailors could find their longitude.

## Telescopes
Galileo Galilei saw four moons of Jupiter in January 1610. Isaac Newton built a telescope with a mirror in 1668. The mirror was made of a mixture of copper and tin.

## The telegraph
Samuel Morse sent a message from Washington to Baltimore in 1844. The first cable across the Atlantic was laid in 1858. It worked for only three weeks.
`;

const chinese = `# 書寫與測量的歷史

## 泥板
大約五千年前，兩河流域的書記官用蘆葦在濕泥板上刻字。這種文字稱為楔形文字。商人用它記錄大麥、羊隻和白銀。

## 造紙
西元105年，東漢的蔡倫改良了造紙術。八世紀時，造紙術傳到巴格達。1390年，紐倫堡附近建立了德國第一座造紙廠。

## 印刷
北宋的畢昇發明了膠泥活字。1455年前後，古騰堡在美因茲用金屬活字印製聖經。當時大約印了180部。

## 公尺
1792年到1798年，法國測量員測量了敦克爾克到巴塞隆納之間的子午線。公尺最初定義為北極到赤道距離的一千萬分之一。1983年起，公尺改由光速來定義。

## 溫度計
1714年，華倫海特製作了水銀溫度計。1742年，攝爾修斯提出一百度的溫標。在攝氏溫標中，水的沸點是一百度。

## 時鐘
1656年，惠更斯製作了第一座擺鐘。哈里遜製作的航海鐘能在海上準確計時。水手因此能夠測定經度。

## 望遠鏡
1610年1月，伽利略觀察到木星的四顆衛星。1668年，牛頓製作了反射望遠鏡。它的鏡面由銅和錫的合金製成。

## 電報
1844年，摩斯從華盛頓發送電報到巴爾的摩。1858年，人們鋪設了第一條橫越大西洋的海底電纜。這條電纜只運作了三個星期。

## 鐵路
1825年，史蒂文生在英國開通了第一條公共鐵路。1887年，劉銘傳在臺灣開始興建鐵路。基隆到臺北的路段在1891年通車。

## 顯微鏡
1665年，虎克用顯微鏡觀察軟木塞，並提出細胞一詞。雷文霍克磨製的鏡片能放大二百七十倍。1676年，他在水滴中看見了細菌。
`;

const file = (name, text) => ({ name, mimeType: 'text/markdown', buffer: Buffer.from(text) });

/** By language tag. */
export const readers = { en: file('history.md', english), 'zh-Hant': file('歷史.md', chinese) };
