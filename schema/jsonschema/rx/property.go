package rx

import (
	"strings"
	"sync"
	"unicode"
)

// property returns the runes of \p{name}; ok is false if we have no table of it.
// Names are matched exactly, as ECMAScript does.
func property(name string) (set, bool) {
	key, value, named := strings.Cut(name, "=")
	switch {
	case named && (key == "General_Category" || key == "gc"):
		return category(value)
	case named && (key == "Script" || key == "sc"):
		return script(value)
	case named:
		return nil, false
	}
	if s, ok := category(name); ok {
		return s, true
	}
	return binaryProperty(name)
}

// moreCategories are the long names that package unicode does not list.
var moreCategories = map[string]string{"punct": "P", "digit": "Nd", "cntrl": "Cc", "Combining_Mark": "M"}

func category(name string) (set, bool) {
	short := name
	if s, ok := moreCategories[name]; ok {
		short = s
	} else if s, ok := unicode.CategoryAliases[name]; ok {
		short = s
	}
	switch short {
	case "Cs":
		return set{}, true // a surrogate is no character
	case "Cn":
		return assigned().complement(), true
	case "C":
		return tableSet(unicode.C).union(assigned().complement()), true
	case "LC":
		return tables(unicode.Lu, unicode.Ll, unicode.Lt), true
	}
	t, ok := unicode.Categories[short]
	if !ok {
		return nil, false
	}
	return tableSet(t), true
}

func assigned() set {
	return tables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co)
}

func tables(list ...*unicode.RangeTable) set {
	var spans []span
	for _, t := range list {
		spans = append(spans, tableSet(t)...)
	}
	return newSet(spans...)
}

func script(name string) (set, bool) {
	if long, ok := scriptCodes[name]; ok {
		name = long
	}
	t, ok := unicode.Scripts[name]
	if !ok {
		return nil, false
	}
	return tableSet(t), true
}

// binaryProperty knows the properties that ECMAScript lists and package unicode
// has the tables of, under their long and their short names.
func binaryProperty(name string) (set, bool) {
	p := unicode.Properties
	switch name {
	case "Any":
		return everything, true
	case "ASCII":
		return set{{0, 0x7f}}, true
	case "Assigned":
		return assigned(), true
	case "Alphabetic", "Alpha":
		return tables(unicode.L, unicode.Nl, p["Other_Alphabetic"]), true
	case "Lowercase", "Lower":
		return tables(unicode.Ll, p["Other_Lowercase"]), true
	case "Uppercase", "Upper":
		return tables(unicode.Lu, p["Other_Uppercase"]), true
	case "Math":
		return tables(unicode.Sm, p["Other_Math"]), true
	case "ID_Start", "IDS":
		return idStart(), true
	case "ID_Continue", "IDC":
		return idContinue(), true
	case "Grapheme_Extend", "Gr_Ext":
		return tables(unicode.Me, unicode.Mn, p["Other_Grapheme_Extend"]), true
	}
	if long, ok := propertyCodes[name]; ok {
		return tableSet(p[long]), true
	}
	for _, long := range propertyCodes {
		if long == name {
			return tableSet(p[long]), true
		}
	}
	return nil, false
}

func syntaxRunes() set {
	return tables(unicode.Pattern_Syntax, unicode.Pattern_White_Space)
}

// idStart and idContinue are the characters of identifiers (UAX #31).
var (
	idStart = sync.OnceValue(func() set {
		return tables(unicode.L, unicode.Nl, unicode.Other_ID_Start).minus(syntaxRunes())
	})
	idContinue = sync.OnceValue(func() set {
		more := tables(unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
		return idStart().union(more.minus(syntaxRunes()))
	})
)

// propertyCodes are the short names of the properties that are tables as they
// are.
var propertyCodes = map[string]string{
	"AHex": "ASCII_Hex_Digit", "Bidi_C": "Bidi_Control", "Dash": "Dash", "Dep": "Deprecated", "Dia": "Diacritic", "Ext": "Extender",
	"Hex": "Hex_Digit", "IDSB": "IDS_Binary_Operator", "IDST": "IDS_Trinary_Operator", "Ideo": "Ideographic", "Join_C": "Join_Control",
	"LOE": "Logical_Order_Exception", "NChar": "Noncharacter_Code_Point", "Pat_Syn": "Pattern_Syntax", "Pat_WS": "Pattern_White_Space",
	"QMark": "Quotation_Mark", "Radical": "Radical", "RI": "Regional_Indicator", "STerm": "Sentence_Terminal", "SD": "Soft_Dotted",
	"Term": "Terminal_Punctuation", "UIdeo": "Unified_Ideograph", "VS": "Variation_Selector", "space": "White_Space",
}

// scriptCodes are the four-letter codes of ISO 15924 for the scripts that
// package unicode has tables of.
var scriptCodes = codes(`
Adlm Adlam|Aghb Caucasian_Albanian|Ahom Ahom|Arab Arabic|Armi Imperial_Aramaic|Armn Armenian|Avst Avestan|Bali Balinese|Bamu Bamum
Bass Bassa_Vah|Batk Batak|Beng Bengali|Bhks Bhaiksuki|Bopo Bopomofo|Brah Brahmi|Brai Braille|Bugi Buginese|Buhd Buhid|Cakm Chakma
Cans Canadian_Aboriginal|Cari Carian|Cham Cham|Cher Cherokee|Chrs Chorasmian|Copt Coptic|Qaac Coptic|Cpmn Cypro_Minoan|Cprt Cypriot
Cyrl Cyrillic|Deva Devanagari|Diak Dives_Akuru|Dogr Dogra|Dsrt Deseret|Dupl Duployan|Egyp Egyptian_Hieroglyphs|Elba Elbasan
Elym Elymaic|Ethi Ethiopic|Geor Georgian|Glag Glagolitic|Gong Gunjala_Gondi|Gonm Masaram_Gondi|Goth Gothic|Gran Grantha|Grek Greek
Gujr Gujarati|Guru Gurmukhi|Hang Hangul|Hani Han|Hano Hanunoo|Hatr Hatran|Hebr Hebrew|Hira Hiragana|Hluw Anatolian_Hieroglyphs
Hmng Pahawh_Hmong|Hmnp Nyiakeng_Puachue_Hmong|Hung Old_Hungarian|Ital Old_Italic|Java Javanese|Kali Kayah_Li|Kana Katakana|Kawi Kawi
Khar Kharoshthi|Khmr Khmer|Khoj Khojki|Kits Khitan_Small_Script|Knda Kannada|Kthi Kaithi|Lana Tai_Tham|Laoo Lao|Latn Latin|Lepc Lepcha
Limb Limbu|Lina Linear_A|Linb Linear_B|Lisu Lisu|Lyci Lycian|Lydi Lydian|Mahj Mahajani|Maka Makasar|Mand Mandaic|Mani Manichaean
Marc Marchen|Medf Medefaidrin|Mend Mende_Kikakui|Merc Meroitic_Cursive|Mero Meroitic_Hieroglyphs|Mlym Malayalam|Modi Modi|Mong Mongolian
Mroo Mro|Mtei Meetei_Mayek|Mult Multani|Mymr Myanmar|Nagm Nag_Mundari|Nand Nandinagari|Narb Old_North_Arabian|Nbat Nabataean|Newa Newa
Nkoo Nko|Nshu Nushu|Ogam Ogham|Olck Ol_Chiki|Orkh Old_Turkic|Orya Oriya|Osge Osage|Osma Osmanya|Ougr Old_Uyghur|Palm Palmyrene
Pauc Pau_Cin_Hau|Perm Old_Permic|Phag Phags_Pa|Phli Inscriptional_Pahlavi|Phlp Psalter_Pahlavi|Phnx Phoenician|Plrd Miao
Prti Inscriptional_Parthian|Rjng Rejang|Rohg Hanifi_Rohingya|Runr Runic|Samr Samaritan|Sarb Old_South_Arabian|Saur Saurashtra
Sgnw SignWriting|Shaw Shavian|Shrd Sharada|Sidd Siddham|Sind Khudawadi|Sinh Sinhala|Sogd Sogdian|Sogo Old_Sogdian|Sora Sora_Sompeng
Soyo Soyombo|Sund Sundanese|Sylo Syloti_Nagri|Syrc Syriac|Tagb Tagbanwa|Takr Takri|Tale Tai_Le|Talu New_Tai_Lue|Taml Tamil|Tang Tangut
Tavt Tai_Viet|Telu Telugu|Tfng Tifinagh|Tglg Tagalog|Thaa Thaana|Thai Thai|Tibt Tibetan|Tirh Tirhuta|Tnsa Tangsa|Toto Toto|Ugar Ugaritic
Vaii Vai|Vith Vithkuqi|Wara Warang_Citi|Wcho Wancho|Xpeo Old_Persian|Xsux Cuneiform|Yezi Yezidi|Yiii Yi|Zanb Zanabazar_Square
Zinh Inherited|Qaai Inherited|Zyyy Common`)

func codes(list string) map[string]string {
	m := map[string]string{}
	for _, entry := range strings.FieldsFunc(list, func(r rune) bool { return r == '|' || r == '\n' }) {
		code, name, _ := strings.Cut(entry, " ")
		m[code] = name
	}
	return m
}
