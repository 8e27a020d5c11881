package web

type Server struct {
	deps *Deps
}
