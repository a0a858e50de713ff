package metric

import "slices"

// None is the unit of a metric that says nothing about its unit.
const None = "None"

var units = [...]string{
	"Seconds", "Microseconds", "Milliseconds",
	"Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
	"Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
	"Percent", "Count",
	"Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second",
	"Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second",
	"Count/Second", None,
}

// Units are the units that CloudWatch knows, in the order of its API model.
func Units() []string { return slices.Clone(units[:]) }

// IsUnit tells whether CloudWatch knows the unit, spelled like this.
func IsUnit(unit string) bool { return slices.Contains(units[:], unit) }
