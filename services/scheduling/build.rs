//! A new migration is noticed only when cargo is told to look.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
