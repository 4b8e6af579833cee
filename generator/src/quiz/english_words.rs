//! The English words that tell what a name stands for, and what a sentence leans on.

/// Words before a person's name.
pub(super) const ROLES: &str = "mr mrs ms dr prof professor sir lord lady saint king queen prince princess emperor empress \
president premier minister chancellor governor senator mayor general colonel captain admiral pope bishop archbishop \
cardinal judge judges singer musician actor actress author writer poet novelist playwright director producer composer \
artist painter architect philosopher scientist physicist chemist biologist mathematician economist historian theologian \
engineer inventor journalist reporter host contestant winner finalist coach player founder leader chairman secretary \
ambassador explorer son daughter wife husband brother sister father mother friend rival student pupil scholar critic \
theorist anthropologist sociologist psychologist activist politician businessman entrepreneur by";

/// Verbs whose subject is a person.
pub(super) const DEEDS: &str = "said says wrote writes argued argues claimed stated believed believes joined married died \
announced told asked sang performed won lost resigned retired studied taught painted composed invented discovered \
proposed suggested noted described criticized praised thought met visited returned refused wanted felt became served \
explained declared observed commented replied";

/// Words before a place's name.
pub(super) const BEFORE_PLACES: &str = "in at near outside throughout";

/// Last or first words of places' names.
pub(super) const PLACES: &str = "city county province state republic kingdom river lake sea ocean mountain mountains island \
islands valley desert bay gulf coast peninsula street avenue square park bridge airport station region district \
prefecture township village town territory continent strait canal harbour harbor port hills plain plateau";

/// Words in the names of groups.
pub(super) const GROUPS: &str = "university college school company corporation inc party church council committee ministry \
army navy association institute agency court government union league records channel network club society foundation \
federation organization organisation bank department bureau commission parliament senate congress assembly orchestra \
museum library center centre group force forces band team hospital academy administration authority";

/// Groups of one sort have their words in one line.
pub(super) const GROUP_SORTS: [&str; 8] = [
    "university college school institute academy",
    "company corporation inc bank records channel network",
    "government parliament senate congress assembly council committee commission",
    "ministry department bureau agency administration authority court",
    "army navy force forces",
    "party union league movement",
    "association society foundation federation organization organisation club center centre museum library hospital",
    "team band orchestra group",
];

/// Countries.
pub(super) const COUNTRIES: &str = "afghanistan albania algeria angola argentina armenia australia austria azerbaijan bangladesh \
belarus belgium bolivia brazil bulgaria burma cambodia canada chile china colombia croatia cuba cyprus denmark ecuador egypt \
england estonia ethiopia finland france georgia germany ghana greece hungary iceland india indonesia iran iraq ireland israel \
italy jamaica japan jordan kazakhstan kenya korea kuwait kyrgyzstan laos latvia lebanon libya lithuania malaysia mexico \
moldova mongolia morocco myanmar nepal netherlands nigeria norway oman pakistan panama paraguay peru philippines poland \
portugal qatar romania russia scotland senegal serbia singapore slovakia slovenia somalia spain sudan sweden switzerland \
syria taiwan tajikistan tanzania thailand tunisia turkey turkmenistan uganda ukraine uruguay uzbekistan venezuela vietnam \
wales yemen zambia zimbabwe britain prussia";

/// Words in the names of events.
pub(super) const EVENTS: &str = "war battle act treaty revolution olympics games festival prize award awards convention \
agreement conference tour season championship cup amendment constitution movement crisis depression massacre uprising \
rebellion siege campaign protocol declaration earthquake";

/// Common given names.
pub(super) const GIVEN: &str = "adam alan albert alexander alfred alice amy andrew ann anna anne anthony arthur barbara \
ben benjamin bill bob brian bruce carl carol catherine charles chris christian christina christopher clara daniel david \
donald dorothy edgar edward eleanor elizabeth ellen emily emma eric ernest eva francis frank franklin fred frederick \
george gerald gordon grace gregory harold harry helen henry herbert howard hugh isaac jack jacob james jane jason jean \
jeff jennifer jerry jessica jim joan joe john jonathan joseph joshua judith julia karen karl kate katharine keith kelly \
kenneth kevin larry laura lawrence leon leonard lewis linda lisa louis lucy margaret maria marie mark martha martin mary \
matthew michael michelle mike nancy nathan nicholas nick nikita nikolai oliver oscar otto patricia patrick paul paula \
peter philip rachel ralph randy ray raymond rebecca richard robert roger roland ronald rose russell ruth ryan sam samuel \
sandra sarah scott sean sharon simon sophia stanley stephen steve steven susan theodore thomas tim timothy tom victor \
vincent walter warren wilhelm william winston simon kellie chris";

/// Months and days of the week.
pub(super) const CALENDAR: &str = "january february march april may june july august september october november december \
monday tuesday wednesday thursday friday saturday sunday";

/// The months, in order.
pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Words with which a sentence leans on the one before it.
pub(super) const LEANING: &str = "it he she they this that these those its his her their such both neither however \
therefore thus hence moreover furthermore additionally also meanwhile instead nevertheless nonetheless consequently \
otherwise then there here i we you my our your another others but and or so yet still besides likewise similarly \
afterwards later soon subsequently finally overall similarly again what who why how when where which because one some \
many several most others each former latter again accordingly unlike like indeed even";

/// Words that lean wherever they stand.
pub(super) const POINTING: &str = "this these those former latter above aforementioned following here therefrom respectively \
respective such i we you my our your";

/// Things of which a text has one in mind when it says `the`.
pub(super) const GENERIC: &str = "show season series company city area region country team group film book song album event \
study program programme station game capital report effect winner finale winners area areas map site building school work \
project system article audience number results result two first second third last next same other others following process \
method rest latter former idea term name word country's city's";

/// Pronouns that need a name before them in the sentence.
pub(super) const PRONOUNS: &str =
    "it he she they him her them his its their hers theirs himself herself itself themselves";

/// Whether `word`, lower-case, is in one of the lists.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|w| w == word)
}
