// Package audit judges an account's alarm chain by what it does: would each
// event that a control names arrive in a log group, be matched, be counted, ring
// an alarm, and reach somebody?
//
// Read asks the account, over small interfaces with the SDK clients' methods, and
// keeps the answers as plain values, the missing permissions among them. Judge is
// a pure function of these values. A finding is PASSED only where every link was
// read and holds; what could not be read leads to NOT_AVAILABLE with the
// permission named.
package audit
