/** In the place of the film player in a file that has no film: the host says so, and the player's modules stay away. */

export default class NoFilm {
  update() {}

  close() {}
}
