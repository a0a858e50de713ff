package widget

import (
	"math"
	"os"
	"testing"
	"time"

	"tocsin/core/expression"
	"tocsin/core/metric"
)

var seeNow = time.Date(2026, 9, 14, 12, 17, 0, 0, time.UTC)

func fake(s expression.Stat, r expression.Range) (expression.Series, []expression.Message, error) {
	out := expression.Series{}
	seed := 0.0
	for _, c := range s.Metric.String() {
		seed = math.Mod(seed*31+float64(c), 97)
	}
	for i, t := range r.Periods(s.Period) {
		v := 20 + 15*math.Sin(float64(i)/6+seed) + 6*math.Sin(float64(i)*1.7+seed)
		if s.Metric.Name == "Sparse" && i%5 != 0 {
			continue
		}
		if s.Metric.Name == "Gap" && i > 10 && i < 16 {
			continue
		}
		if s.Metric.Name == "None" { continue }
		if s.Metric.Name == "Big" { v *= 123456 }
		out.Points = append(out.Points, expression.Point{Time: t, Value: math.Max(v, 0)})
	}
	return out, nil, nil
}

func see(t *testing.T, name, text string) {
	w, err := Parse(text, seeNow, "eu-central-1", "123456789012")
	if err != nil {
		t.Fatal(name, err)
	}
	results, err := w.Set.Evaluate(expression.Request{Range: w.Range(), Reader: expression.Reader{Series: fake, Metrics: func(string) ([]metric.Identity, error) { return nil, nil }}, Now: seeNow})
	if err != nil {
		t.Fatal(name, err)
	}
	b, err := w.Draw(results)
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile("/tmp/tocsin/widget-"+name+".png", b, 0o644)
}

func TestSee(t *testing.T) {
	see(t, "lines", `{"title":"CIS benchmark: what the alarms look at","metrics":[["CIS","RootUsage"],[".","Gap"],[".","Sparse"],[{"expression":"m1*0.5+m2","label":"half of root and gap: ${MAX}","id":"e1"}]],
	 "annotations":{"horizontal":[{"value":45,"label":"Threshold","color":"#d62728","fill":"above"},[{"value":5,"label":"quiet"},{"value":10}]],"vertical":[{"value":"2026-09-14T10:45:00Z","label":"trail was changed"}]},"stat":"Sum","yAxis":{"left":{"label":"Events"}}}`)
	see(t, "stacked", `{"title":"Stacked","stacked":true,"width":800,"height":300,"theme":"dark","start":"-P2D","period":3600,"metrics":[["CIS","A"],[".","B"],[".","C",{"yAxis":"left"}]],"timezone":"+0200"}`)
	see(t, "right", `{"title":"Two axes, legend right","legend":{"position":"right"},"metrics":[["CIS","RootUsage","Account","123456789012"],["...","210987654321"],["CIS","Big",{"yAxis":"right","color":"#9467bd"}]],"yAxis":{"left":{"min":0,"label":"left"},"right":{"label":"bytes"}}}`)
	see(t, "single", `{"view":"singleValue","title":"Now","sparkline":true,"metrics":[["CIS","RootUsage"],[".","Big"],[".","None"]],"width":640,"height":220}`)
	see(t, "bar", `{"view":"bar","title":"Newest values","metrics":[["CIS","RootUsage"],[".","B"],[".","C"],[".","D"]],"stat":"Maximum"}`)
	see(t, "pie", `{"view":"pie","title":"Shares","setPeriodToTimeRange":true,"legend":{"position":"right"},"metrics":[["CIS","RootUsage"],[".","B"],[".","C"],[".","D"]]}`)
	see(t, "none", `{"title":"Nothing","metrics":[["CIS","None"]],"width":400,"height":200}`)
	see(t, "tiny", `{"metrics":[["CIS","A"]],"width":90,"height":60}`)
}
