package widget

import (
	"image/color"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// A font is how letters look: how high capitals are, in pixels, and how thick
// strokes are in the letters' own unit, of which a capital has 20.
type font struct {
	height float64
	weight float64
}

const (
	regular = 2.3
	bold    = 3.4
)

// between is the room between two letters, in their unit.
func (f font) between() float64 { return 3.5 + f.weight/2 }

// lineHeight is from one line's baseline to the next one's.
func (f font) lineHeight() float64 { return f.height * 1.9 }

// width is how wide a text is.
func (f font) width(text string) float64 {
	var w float64
	for _, r := range text {
		if c, ok := composed[r]; ok {
			r = c.letter
		}
		g, ok := glyphs[r]
		if !ok {
			g = glyphs['\uFFFD']
		}
		w += g.width + f.between()
	}
	return w * f.height / 20
}

// fit is a text that is no wider than room, cut if need be.
func (f font) fit(text string, room float64) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if f.width(text) <= room {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && f.width(string(runes)+"…") > room {
		runes = runes[:len(runes)-1]
	}
	if len(runes) == 0 {
		return ""
	}
	return strings.TrimRight(string(runes), " ") + "…"
}

// text draws a text whose first letter begins at x on the baseline y.
func (c *canvas) text(f font, col color.RGBA, x, y float64, text string) {
	scale := f.height / 20
	var lines [][]point
	x += f.between() / 2 * scale
	for _, r := range text {
		letter, mark := r, rune(0)
		if d, ok := composed[r]; ok {
			letter, mark = d.letter, d.mark
		}
		g, ok := glyphs[letter]
		if !ok {
			g = glyphs['\uFFFD']
		}
		place := func(dx, dy float64) func(point) point {
			return func(p point) point { return point{x + (p.x+dx)*scale, y + (p.y+dy)*scale} }
		}
		lines = append(lines, strokes(g.strokes, place(0, 0))...)
		if mark != 0 {
			lift := 0.0
			if unicode.IsUpper(letter) && mark != '¸' {
				lift = -6
			}
			lines = append(lines, strokes(accents[mark], place(g.width/2, lift))...)
		}
		x += (g.width + f.between()) * scale
	}
	c.stroke(col, max(f.weight*scale, 1.05), lines...)
}

// textRight draws a text that ends at x, textMiddle one whose middle is there.
func (c *canvas) textRight(f font, col color.RGBA, x, y float64, text string) {
	c.text(f, col, x-f.width(text), y, text)
}

func (c *canvas) textMiddle(f font, col color.RGBA, x, y float64, text string) {
	c.text(f, col, x-f.width(text)/2, y, text)
}

// strokes are the lines of a letter, each of its points placed.
func strokes(text string, place func(point) point) [][]point {
	var lines [][]point
	var at point
	add := func(p point, begin bool) {
		if begin || len(lines) == 0 {
			lines = append(lines, nil)
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], place(p))
		at = p
	}
	fields := strings.Fields(text)
	for i := 0; i < len(fields); i++ {
		n := numbers(fields[i][1:])
		switch fields[i][0] {
		case 'M':
			add(point{n[0], n[1]}, true)
		case 'L':
			add(point{n[0], n[1]}, false)
		case 'C':
			b, c := numbers(fields[i+1]), numbers(fields[i+2])
			i += 2
			from := at
			const steps = 10
			for k := 1; k <= steps; k++ {
				t := float64(k) / steps
				u := 1 - t
				w := [4]float64{u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t}
				add(point{w[0]*from.x + w[1]*n[0] + w[2]*b[0] + w[3]*c[0], w[0]*from.y + w[1]*n[1] + w[2]*b[1] + w[3]*c[1]}, false)
			}
		case 'A':
			steps := max(int(math.Abs(n[5]-n[4])/12), 4)
			for k := 0; k <= steps; k++ {
				angle := (n[4] + (n[5]-n[4])*float64(k)/float64(steps)) * math.Pi / 180
				add(point{n[0] + n[2]*math.Cos(angle), n[1] - n[3]*math.Sin(angle)}, false)
			}
		}
	}
	return lines
}

// numbers reads "1,-2.5". The texts are our own; a test reads all of them.
func numbers(text string) []float64 {
	var out []float64
	for part := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil {
			v = math.NaN()
		}
		out = append(out, v)
	}
	return out
}
