/* The binding: see the sections below. */
