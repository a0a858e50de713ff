// Package widget draws metric widgets, as GetMetricWidgetImage returns them: Parse
// reads the JSON of a widget (CloudWatch API Reference, "Metric Widget Structure and
// Syntax"), package expression answers its queries, and Draw makes a PNG of that.
//
// Nothing but the standard library is used: shapes are filled with anti-aliased
// edges, and the letters are strokes of our own.
package widget
