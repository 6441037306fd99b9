package callcentre

import "strconv"

// The numbers below ring nowhere. The ranges are small, so leads share numbers.

// americanPhone uses 555-0100 to 555-0199, which the North American Numbering
// Plan Administrator keeps for fiction in every geographic area code.
func americanPhone(d dice, zone uint8, b []byte) []byte {
	areas := [...][4]string{{"212", "646", "718", "917"}, {"312", "773", "708", "847"}}
	b = append(b, "+1"...)
	b = append(b, areas[zone][d.IntN(4)]...)
	b = append(b, "55501"...)
	return appendPadded(b, uint64(d.IntN(100)), 2)
}

// britishPhone uses ranges of a thousand numbers that Ofcom recommends for
// radio and television drama ("Telephone numbers for use in TV and radio drama
// programmes"): mobile, no area, and some cities.
func britishPhone(d dice, _ uint8, b []byte) []byte {
	ranges := [...]string{"7700900", "1632960", "2079460", "1134960", "1214960", "1314960", "1614960"}
	b = append(b, "+44"...)
	b = append(b, ranges[d.IntN(len(ranges))]...)
	return appendPadded(b, uint64(d.IntN(1000)), 3)
}

// portuguesePhone has the right length but starts with 0, as no Portuguese
// subscriber number does; no range for fiction is known there.
func portuguesePhone(d dice, _ uint8, b []byte) []byte {
	b = append(b, "+351000"...)
	return appendPadded(b, uint64(d.IntN(1_000_000)), 6)
}

// nepalesePhone likewise: after the country code a 0 can only be a trunk
// prefix, so nothing can be reached.
func nepalesePhone(d dice, _ uint8, b []byte) []byte {
	b = append(b, "+9770000"...)
	return appendPadded(b, uint64(d.IntN(1_000_000)), 6)
}

func appendPadded(b []byte, n uint64, width int) []byte {
	var digits [20]byte
	s := strconv.AppendUint(digits[:0], n, 10)
	for i := len(s); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, s...)
}
