package dialer

import (
	"maps"
	"slices"
	"strconv"
)

// Kinds are the dialer systems that are understood, in the order they are listed.
var Kinds = []*Kind{VICIdial, AsteriskCDR, AsteriskQueueLog, FreeSWITCH, Twilio, Connect, Convoso, Mapped}

// KindOf finds a kind by its name; nil where there is none.
func KindOf(name string) *Kind {
	if at := slices.IndexFunc(Kinds, func(k *Kind) bool { return k.Name == name }); at >= 0 {
		return Kinds[at]
	}
	return nil
}

// stock are the codes that the kinds' tables know, by kind.
var stock = map[string][]string{
	VICIdial.Name: vicidialCodes(), Convoso.Name: vicidialCodes(),
	AsteriskQueueLog.Name: {"EXITWITHTIMEOUT", "EXITEMPTY", "AGENTDUMP", "EXITWITHKEY", "WITHDRAW", "SYSCOMPAT"},
	FreeSWITCH.Name:       {NoAgent}, Connect.Name: {NoAgent},
}

// vicidialCodes are VICIdial's statuses, with the hangup causes of the network.
func vicidialCodes() []string {
	codes := slices.Collect(maps.Keys(vicidialStatuses))
	for cause := range 1000 {
		codes = append(codes, "HUC"+strconv.Itoa(1000 + cause)[1:])
	}
	return codes
}

// Table returns what each code means for this source: its own codes and all that the
// kind knows.
func (s *Source) Table() map[string]Status {
	table := map[string]Status{}
	for _, code := range stock[s.Kind.Name] {
		if status, known := s.Kind.Status(code); known {
			table[code] = status
		}
	}
	maps.Copy(table, s.Statuses)
	return table
}
