//! The English words that tell what a name stands for.

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
