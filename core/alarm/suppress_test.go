package alarm

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSuppression has the worked cases of the user guide and more. W is 2, E is
// 3 ticks of one second; column n is the state at tick n, "A" for ALARM and "o"
// for OK. Runs names the ticks at which actions run with the state they are for.
func TestSuppression(t *testing.T) {
	for _, c := range []struct {
		name, suppressor, composite, by string
		runs                            string
	}{
		{
			"no suppression: actions after the wait period",
			"oooooooo",
			"ooAAAAAA",
			"..WW....", "4A",
		},
		{
			"the suppressor follows within the wait period",
			"oooAAAAA",
			"ooAAAAAA",
			"..WSSSSS", "",
		},
		{
			"another change restarts the wait period",
			"oooooooo",
			"ooAooooo",
			"..WWW...", "5o",
		},
		{
			"the suppressor was there before",
			"oAAAAAAA",
			"ooAAAAAA",
			"..SSSSSS", "",
		},
		{
			"the suppressor leaves: actions after the extension period",
			"oooAAAoooooo",
			"ooAAAAAAAAAA",
			"..WSSSEEE...", "9A",
		},
		{
			"a change within the extension period starts a wait period",
			"oooAAAoooooo",
			"ooAAAAAooooo",
			"..WSSSEWW...", "9o",
		},
		{
			"a change while suppressed is made up for with the last state",
			"oooAAAoooooo",
			"ooAAoooooooo",
			"..WSSSEEE...", "9o",
		},
		{
			"the suppressor comes back within the extension period",
			"oooAAAoAAooooo",
			"ooAAAAAAAAAAAA",
			"..WSSSESSEEE..", "12A",
		},
		{
			"nothing was held back",
			"ooAAAooooooo",
			"oooooooooooo",
			"............", "",
		},
		{
			"actions ran before the suppressor came",
			"ooooooAAAooooo",
			"ooAAAAAAAAAAAA",
			"..WW..........", "4A",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			alarm := Composite{ActionsSuppressor: "s", WaitPeriod: 2, ExtensionPeriod: 3}
			state := func(row string, tick int) State {
				return map[byte]State{'A': InAlarm, 'o': OK}[row[tick]]
			}
			s := NewSuppression(OK)
			var by strings.Builder
			var runs []string
			for tick := range len(c.composite) {
				now := epoch.Add(time.Duration(tick) * time.Second)
				var run bool
				s, run = s.Tick(alarm, state(c.composite, tick), state(c.suppressor, tick), now)
				if run {
					runs = append(runs, strconv.Itoa(tick)+string(c.composite[tick]))
				}
				by.WriteString(map[SuppressedBy]string{
					"": ".", SuppressedByAlarm: "S", SuppressedByWaitPeriod: "W", SuppressedByExtensionPeriod: "E",
				}[s.By])
			}
			if by.String() != c.by || strings.Join(runs, " ") != c.runs {
				t.Errorf("suppressor %s\n composite %s\n got       %s %v\n want      %s [%s]", c.suppressor, c.composite, &by, runs, c.by, c.runs)
			}
		})
	}
}

func TestSuppressionWithoutPeriods(t *testing.T) {
	c := Composite{ActionsSuppressor: "s"}
	s, run := NewSuppression(OK).Tick(c, InAlarm, OK, epoch)
	if !run || s.By != "" {
		t.Errorf("no wait period: %v %+v", run, s)
	}
	s, _ = s.Tick(c, OK, InAlarm, epoch)
	if s.By.Reason() != "Actions suppressed by Alarm" || SuppressedBy("").Reason() != "" {
		t.Errorf("%+v", s)
	}
	if r := s.Replaced(); r.By != "" || r.State != OK {
		t.Errorf("replaced: %+v", r)
	}
}
