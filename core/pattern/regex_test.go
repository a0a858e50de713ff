package pattern

import "testing"

// TestRegexp holds expressions against texts, mostly the ones that AWS's guide shows.
func TestRegexp(t *testing.T) {
	cases := []struct {
		source  string
		in, out []string // what it finds something in, and not
	}{
		{`AUTHORIZED`, []string{"UNAUTHORIZED"}, []string{"authorized"}},
		{`^[hc]at`, []string{"hat", "cats"}, []string{"that", "bat", "x\nhat"}},
		{`[hc]at$`, []string{"that"}, []string{"cat black", "cat\n"}},
		{`colou?r`, []string{"color", "colour"}, []string{"colouur"}},
		{`[a-c]`, []string{"b"}, []string{"d", "-"}},
		{`[^a-c]`, []string{"d"}, []string{"abc"}},
		{`a{3,5}`, []string{"aaa", "aaaaaaa"}, []string{"aa"}},
		{`^a{3}$`, []string{"aaa"}, []string{"aa", "aaaa"}},
		{`^a{3,}$`, []string{"aaa", "aaaa"}, []string{"aa"}},
		{`^a{,3}$`, []string{"", "aaa"}, []string{"aaaa", "a{,3}"}},
		{`^[x{,3}]+$`, []string{"x{,3}"}, []string{"0", "xx0"}},
		{`^[]{,2}]+$`, []string{"]{,2}"}, []string{"0"}},
		{`^[^]{,2}]+$`, []string{"0"}, []string{"2"}},
		{`^[[:digit:]{,2}]+$`, []string{"9{,}"}, []string{"x"}},
		{`^\[{,2}$`, []string{"[[", ""}, []string{"[[["}},
		{`gra|ey`, []string{"grab", "grey"}, []string{"gry"}},
		{`10\.10\.0\.1`, []string{"10.10.0.1"}, []string{"10010,051"}},
		{`10.10.0.1`, []string{"10010,051"}, []string{"1010001"}},
		{`ab*c`, []string{"ac", "abbc"}, []string{"adc"}},
		{`ab+c`, []string{"abc"}, []string{"ac"}},
		{`\[.\]`, []string{"[a]"}, []string{"[]"}},
		{`^\d\D\s\S\w\W$`, []string{"1x\ty_!", "1x\ny_!"}, []string{"xx y_!"}},
		{`\x41\x7e`, []string{"A~"}, []string{"x41"}},
		{`\\x`, []string{`\x`}, []string{"x"}},
		{`\/\-\:\@\=\#\,\;`, []string{"/-:@=#,;"}, nil},
		{`^.$`, []string{"é", "x"}, []string{"\n", "xy"}},
	}
	for _, c := range cases {
		regex, err := compileRegexp(c.source)
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		if n, ok := regexpLength("%" + c.source + "%"); !ok || n != len(c.source)+2 {
			t.Errorf("%s: broken off at %d", c.source, n)
		}
		for _, s := range c.in {
			if !regex.MatchString(s) {
				t.Errorf("%s finds nothing in %q", c.source, s)
			}
		}
		for _, s := range c.out {
			if regex.MatchString(s) {
				t.Errorf("%s finds something in %q", c.source, s)
			}
		}
	}
}

func TestRegexpRefused(t *testing.T) {
	for _, source := range []string{`a**`, `[a`, `a{2,1}`, `a{1001}`, `*a`, `\`, `\b`, `\n`, `\1`, `\pL`, `\Qa`, `\x`, `\x4`, `\x8f`, `\xgg`, `\x{41}`, `\_`, `\ `, `[\b]`, `[z-a]`, `x{1000}{1000}`} {
		if regex, err := compileRegexp(source); err == nil {
			t.Errorf("%s compiles to %s", source, regex)
		}
	}
}
