package quote

import "testing"

// That Terraform reads them back is tried in package export.
func TestHCL(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `""`},
		{`a "b" \c`, `"a \"b\" \\c"`},
		{"a\nb\r\tc\x00", `"a\nb\r\tc\u0000"`},
		{"${a}", `"$${a}"`},
		{"%{ if a }", `"%%{ if a }"`},
		{"$${a}", `"$$\u007ba}"`},
		{"$$${a}", `"$$$\u007ba}"`},
		{"100% $", `"100% $"`},
		{"ä\u202e\U000e0001", `"ä\u202e\U000e0001"`},
		{"a\xffb", "\"a\uFFFDb\""},
	} {
		if got := HCL(c.text); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

func TestSound(t *testing.T) {
	for text, want := range map[string]string{"a": "a", "ä": "ä", "a\xff": "a\uFFFD"} {
		if got := Sound(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
