package imports

import (
	"bytes"
	"testing"
)

// maxLines is how long a file may be that holds one idea.
const maxLines = 600

func TestNoFileIsTooLong(t *testing.T) {
	eachFile(t, func(file string, text []byte) {
		if n := bytes.Count(text, []byte{'\n'}); n > maxLines {
			t.Errorf("%s has %d lines; a file holds one idea and at most %d lines", file, n, maxLines)
		}
	})
}
