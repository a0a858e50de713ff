package spell

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"eventName", "eventSource", "eventTime", "id", "pattern", "title", "userIdentity"}
	for _, row := range []struct{ word, want string }{
		{"eventname", "eventName"},
		{"EventName", "eventName"},
		{"evntName", "eventName"},
		{"eventSuorce", "eventSource"},
		{"user_identity", "userIdentity"},
		{"patern", "pattern"},
		{"titel", "title"},
		{"ID", "id"},
		{"eventName", ""},
		{"zebra", ""},
		{"x", ""},
		{"", ""},
	} {
		got, ok := Nearest(row.word, known)
		if got != row.want && ok || ok != (row.want != "") {
			t.Errorf("Nearest(%q) = %q, %v, want %q", row.word, got, ok, row.want)
		}
	}
	// A word of the same distance does not displace an earlier one.
	if got, _ := Nearest("eventTame", []string{"eventTime", "eventName"}); got != "eventTime" {
		t.Errorf("got %q", got)
	}
}
