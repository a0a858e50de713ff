package cli

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// plainWidth is the width of output that is not a terminal.
const plainWidth = 80

// A screen is what is known of where output goes.
type screen struct {
	// width is in columns; of a pipe or file, plainWidth.
	width    int
	terminal bool
	colour   bool
	// steady says that what was written cannot be taken back: no bar moves there.
	steady bool
	// ascii says that text has to be written without further characters.
	ascii bool
}

// newScreen looks at a writer. COLUMNS overrides the width; NO_COLOR and
// TERM=dumb switch colour off, and what is no terminal never has any. The locale
// says whether text has to be ASCII.
func newScreen(w io.Writer, getenv func(string) string) screen {
	sc := screen{width: plainWidth, steady: true, ascii: wantsASCII(getenv)}
	if a, ok := w.(*asciiWriter); ok {
		w = a.w
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		sc.terminal = true
		sc.colour = wantsColour(getenv)
		sc.steady = getenv("TERM") == "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			sc.width = width
		}
	}
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		sc.width = n
	}
	sc.width = max(sc.width, 40)
	return sc
}

// wantsColour tells whether the user lets a terminal have colours (no-color.org).
func wantsColour(getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// A style is an ANSI rendition; the few that we use.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
	loud   style = "1;31" // bold and red
)

// paint shows text in a style where there is colour, and plainly elsewhere.
func (sc screen) paint(st style, text string) string {
	if !sc.colour || text == "" || st == "" {
		return text
	}
	return "\x1b[" + string(st) + "m" + text + "\x1b[0m"
}

// wrap breaks text for the terminal, less a margin. In a pipe or file a message
// stays on one line, where other programs look for it.
func (sc screen) wrap(text string, margin int) []string {
	if !sc.terminal {
		return []string{text}
	}
	return wrap(text, sc.width-margin)
}
