package topic

import (
	"math"
	"time"
)

// A Backoff is how delays grow in the backoff phase, from the least to the
// greatest. The zero value is linear.
type Backoff string

const (
	Linear      Backoff = "linear"
	Arithmetic  Backoff = "arithmetic"
	Geometric   Backoff = "geometric"
	Exponential Backoff = "exponential"
)

func (b Backoff) valid() bool {
	switch b {
	case Linear, Arithmetic, Geometric, Exponential:
		return true
	}
	return false
}

// delay is the delay before retry i of n, from 0, in milliseconds exactly. The
// first is least, the last greatest; a single one is least.
func (b Backoff) delay(i, n int, least, greatest time.Duration) time.Duration {
	if i == 0 || n < 2 {
		return least
	}
	if i >= n-1 {
		return greatest
	}
	x, all, low, high := float64(i), float64(n), least.Seconds(), greatest.Seconds()
	seconds := low
	switch b {
	case Arithmetic:
		seconds += (high - low) * arithmeticCurve(x, all)
	case Geometric:
		seconds *= math.Pow(high/low, x/(all-1))
	case Exponential:
		seconds += (high - low) * exponentialCurve(x, all)
	default:
		seconds += (high - low) * x / (all - 1)
	}
	return time.Duration(math.Round(seconds*1000)) * time.Millisecond
}
