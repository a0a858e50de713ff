package metric

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSamplesComeBackFromTheirDistribution(t *testing.T) {
	for name, s := range map[string]Samples{
		"none":     {},
		"one":      Of(7),
		"repeated": Of(0.1, 0.1, 0.1),
		"spread":   Of(3, 1, 0.1, 0.2, 3, -4),
		"huge":     Of(math.MaxFloat64, 1, -math.MaxFloat64),
	} {
		values, known := s.Distribution()
		if !known {
			t.Fatalf("%s: the distribution is not known", name)
		}
		back := OfDistribution(StatisticSet(s.SampleCount, s.Sum, s.Minimum, s.Maximum), values)
		again, known := back.Distribution()
		if !known {
			t.Errorf("%s: the distribution came back as not known", name)
		}
		if diff := cmp.Diff(values, again); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if back.SampleCount != s.SampleCount || back.Sum != s.Sum || back.Minimum != s.Minimum || back.Maximum != s.Maximum {
			t.Errorf("%s: %+v became %+v", name, s, back)
		}
	}
}

func TestAStatisticSetStaysWithoutDistribution(t *testing.T) {
	if _, known := OfDistribution(StatisticSet(3, 9, 1, 5), nil).Distribution(); known {
		t.Error("a statistic set of different values has no distribution")
	}
}
