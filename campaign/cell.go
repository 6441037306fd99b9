package campaign

import (
	"strings"
	"unicode/utf8"
)

// Armed reports whether a spreadsheet might take a text for a formula: it begins with a
// sign that begins one, be it of full width, or with what spreadsheets skip to find one.
// Writers of CSV put an apostrophe before it, and before an apostrophe, so that readers
// who take one away from before an armed text get every text back.
func Armed(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && strings.ContainsRune("=+-@'＝＋－＠\t\r\n", first)
}
