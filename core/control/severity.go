package control

import (
	"fmt"
	"strings"
)

// A Severity says how soon somebody has to look. Higher is sooner; the zero
// value is none of them.
type Severity uint8

const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

var severities = [...]string{Low: "low", Medium: "medium", High: "high", Critical: "critical"}

// String is the name as it stands in a pack.
func (s Severity) String() string {
	if int(s) < len(severities) && s != 0 {
		return severities[s]
	}
	return fmt.Sprintf("Severity(%d)", s)
}

// ParseSeverity reads critical, high, medium or low.
func ParseSeverity(text string) (Severity, error) {
	for s := Critical; s > 0; s-- {
		if severities[s] == text {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q: want %s", text, strings.Join([]string{"critical", "high", "medium", "low"}, ", "))
}

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) {
	if s < Low || s > Critical {
		return nil, fmt.Errorf("no severity: %d", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) error {
	parsed, err := ParseSeverity(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
