package status

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"tocsin/core/metric"
)

// A spark is a day of a metric, an hour for each bar.
type spark struct {
	Total float64
	hours [sparkHours]float64
}

func newSpark(points []metric.Point, from time.Time) spark {
	var s spark
	for _, p := range points {
		if i := int(time.UnixMilli(p.Time).Sub(from) / time.Hour); i >= 0 && i < sparkHours {
			s.hours[i] += p.Samples.Sum
			s.Total += p.Samples.Sum
		}
	}
	return s
}

// SVG draws the bars. It holds numbers only.
func (s spark) SVG() template.HTML {
	const width, height = 4, 22
	highest := 0.0
	for _, h := range s.hours {
		highest = max(highest, h)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s in the last day">`,
		sparkHours*(width+1), height, sparkHours*(width+1), height, count(s.Total))
	for i, h := range s.hours {
		tall, class := 1.0, "none"
		if h > 0 {
			tall, class = max(3, h/highest*height), "some"
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%.1f" width="%d" height="%.1f" rx="1"/>`, class, i*(width+1), height-tall, width, tall)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

func count(n float64) string {
	if n == 1 {
		return "1 match"
	}
	return fmt.Sprintf("%.6g matches", n)
}
