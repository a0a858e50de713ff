// Package export writes an alarm chain as native resources of AWS: Terraform, a
// CloudFormation template, or a script of AWS CLI commands.
//
// What is to be there is a Plan: Pack makes one of controls, Mend one of the
// findings of an audit. Each form is a function from a Plan to a text. Every text
// of a pack or an account is quoted for the form that it goes into; nothing of
// it is ever a piece of the program that is written.
package export
