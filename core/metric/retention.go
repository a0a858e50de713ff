package metric

import "time"

// How long CloudWatch keeps data of each resolution. What is older is rolled up
// to the next coarser one, what is older than KeptHours is gone
// (CloudWatch concepts, "Metrics retention").
const (
	KeptSubMinute   = 3 * time.Hour        // periods below a minute
	KeptMinutes     = 15 * 24 * time.Hour  // periods of one minute
	KeptFiveMinutes = 63 * 24 * time.Hour  // periods of five minutes
	KeptHours       = 455 * 24 * time.Hour // periods of one hour
)

// Resolution is the finest period that data of this age still has, and false
// when such data is no longer kept.
func Resolution(age time.Duration) (time.Duration, bool) {
	switch {
	case age <= KeptSubMinute:
		return time.Second, true
	case age <= KeptMinutes:
		return time.Minute, true
	case age <= KeptFiveMinutes:
		return 5 * time.Minute, true
	case age <= KeptHours:
		return time.Hour, true
	}
	return 0, false
}

// IsPeriod tells whether a statistic can be asked for over periods of this
// many seconds: 1, 5, 10, 20, 30 or a multiple of 60.
func IsPeriod(seconds int) bool {
	switch seconds {
	case 1, 5, 10, 20, 30:
		return true
	}
	return seconds > 0 && seconds%60 == 0
}
