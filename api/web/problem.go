package web

// Problem is the page of a request that failed.
type Problem struct{ Title, Detail, Request string }
