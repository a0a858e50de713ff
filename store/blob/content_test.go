package blob

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"
)

func TestSame(t *testing.T) {
	long := strings.Repeat("x", chunk+10)
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		a, b io.Reader
		size int64
		want bool
		err  error
	}{
		"empty":              {strings.NewReader(""), strings.NewReader(""), 0, true, nil},
		"equal":              {strings.NewReader("abc"), strings.NewReader("abc"), 3, true, nil},
		"equal in pieces":    {iotest.OneByteReader(strings.NewReader("abc")), iotest.DataErrReader(strings.NewReader("abc")), 3, true, nil},
		"other":              {strings.NewReader("abc"), strings.NewReader("abd"), 3, false, nil},
		"long, equal":        {strings.NewReader(long), strings.NewReader(long), int64(len(long)), true, nil},
		"long, other at end": {strings.NewReader(long), strings.NewReader(long[1:] + "y"), int64(len(long)), false, nil},
		"first is short":     {strings.NewReader("ab"), strings.NewReader("abc"), 3, false, io.ErrUnexpectedEOF},
		"second is short":    {strings.NewReader("abc"), strings.NewReader(""), 3, false, io.ErrUnexpectedEOF},
		"first fails":        {iotest.ErrReader(broken), strings.NewReader("abc"), 3, false, broken},
		"second fails":       {strings.NewReader("abc"), iotest.ErrReader(broken), 3, false, broken},
	} {
		got, err := same(c.a, c.b, c.size)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func FuzzCheckKey(f *testing.F) {
	for _, key := range []string{"a/b", "a//b", "../x", "é", "\u0085", "a/.b"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if CheckKey(key) != nil {
			return
		}
		for part := range strings.SplitSeq(key, "/") {
			if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "\x00\n\\") {
				t.Errorf("%q has the part %q", key, part)
			}
		}
	})
}

// What is renamed where links are not to be had replaces nothing either.
func TestDirRename(t *testing.T) {
	d, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Put(t.Context(), "taken", strings.NewReader("old")); err != nil {
		t.Fatal(err)
	}
	temporary, err := d.write(strings.NewReader("new"), 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.rename(temporary, "taken"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a blob was replaced: %v", err)
	}
	if err := d.rename(temporary, "free"); err != nil {
		t.Error(err)
	}
	for key, want := range map[string]int64{"taken": 3, "free": 3} {
		if about, err := d.Stat(t.Context(), key); err != nil || about.Size != want {
			t.Errorf("%s: %+v, %v", key, about, err)
		}
	}
}
